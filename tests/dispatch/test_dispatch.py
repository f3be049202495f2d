"""Who is asked, how often, and when: with scripted providers and a hand-driven clock."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from routergate.dispatch.breaker import State
from routergate.dispatch.checked import Begun, Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Replica
from routergate.dispatch.line import Line, Places
from routergate.dispatch.queue import Queue
from routergate.domain.capacity import Load, Occupancy
from routergate.domain.decision import Candidate, Decision, Limits
from routergate.domain.errors import (
    AllProvidersFailed,
    AllProvidersThrottled,
    ContentFiltered,
    ContextExceeded,
    DeadlinePassed,
    ProviderBroken,
    ProviderDropped,
    ProviderRefused,
    ProviderThrottled,
    ProviderTimeout,
    StreamBroken,
)
from routergate.domain.format import Format
from routergate.domain.model import ModelCard
from routergate.domain.refusals import OverBudget
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Denied, Standing
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import overhead
from routergate.ports import Chunk, Kept
from routergate.providers.reading import ChatReader
from support.builders import a_card, a_decision, a_request
from support.fakes import SEAMS, FakeProvider, Hang, Step, Wait, a_dispatcher
from support.redis import HandClock
from support.restraints import a_line

FIRST, SECOND, THIRD = a_card("first"), a_card("second"), a_card("third", context_tokens=16_000)
ANSWER = Chunk(data=b"answer", text="answer")


async def admit(candidate: Candidate, rejected: int) -> ChatRequest:
    return a_request()


def refused(kind: type[ProviderRefused] = ProviderRefused) -> ProviderRefused:
    return kind("x", status=400, body=b"{}", content_type="application/json")


@dataclass
class Scene:
    """Scripted models that are asked in their order."""

    scripts: Sequence[Sequence[Step]]
    cards: Sequence[ModelCard] = (FIRST, SECOND, THIRD)
    draw: float = 1.0
    clock: HandClock = field(default_factory=HandClock)

    def __post_init__(self) -> None:
        pairs = list(zip(self.cards, self.scripts, strict=False))
        self.apis = {card.provider: FakeProvider(script, self.clock) for card, script in pairs}
        self.decision = a_decision(*(card for card, _ in pairs))
        self.dispatcher = a_dispatcher(dict(self.apis), self.clock, self.draw)

    async def ask(self, **limits: Any) -> tuple[Begun, Meter]:
        """One request, up to its first chunk."""
        meter = Meter(self.clock, self.clock.seconds)
        return await self.dispatcher.first_answer(self.limited(**limits), admit, meter), meter

    def limited(self, **limits: Any) -> Decision:
        return a_decision(*(it.card for it in self.decision.candidates), limits=Limits(**limits))

    async def whole(self, **limits: Any) -> tuple[list[Chunk], list[str]]:
        """One request to its end, and what became of its calls."""
        begun, meter = await self.ask(**limits)
        async with aclosing(begun.rest), aclosing(meter.watch(begun.first, begun.rest)) as chunks:
            return [chunk async for chunk in chunks], [attempt.result for attempt in meter.attempts]

    @property
    def asked(self) -> list[int]:
        return [len(api.asked) for api in self.apis.values()]

    def switch(self, number: int, *script: Step) -> None:
        list(self.apis.values())[number].script = script

    @property
    def queue(self) -> Line:
        """The line before the first provider."""
        return self.dispatcher.experience.queues[self.cards[0].provider].line

    @property
    def down(self) -> frozenset[str]:
        return frozenset(self.dispatcher.down(self.clock.seconds))


async def test_the_first_candidate_that_begins_has_won() -> None:
    scene = Scene([[ProviderTimeout("x")], [Chunk(data=b"a"), Chunk(data=b"b")]])
    begun, meter = await scene.ask()
    assert (begun.candidate.card, begun.first) == (SECOND, Chunk(data=b"a"))
    assert [chunk async for chunk in begun.rest] == [Chunk(data=b"b")]
    assert meter.winner is begun.candidate


async def test_the_error_names_everyone_who_was_asked() -> None:
    with pytest.raises(AllProvidersFailed, match=r"No provider answered \(first: timeout; second: timeout\)"):
        await Scene([[ProviderTimeout("x")], [ProviderTimeout("x")]]).ask()


async def test_a_failure_that_passes_is_not_seen_by_the_caller() -> None:
    scene = Scene([[ProviderBroken("x")]])
    scene.clock.after_sleep = lambda: scene.switch(0, ANSWER)
    _, results = await scene.whole()
    assert (results, scene.clock.seconds) == (["broken", "ok"], 0.25)


async def test_a_dropped_connection_is_tried_again_at_once_and_once() -> None:
    scene = Scene([[ProviderDropped("x")], [ANSWER]])
    _, results = await scene.whole()
    assert (results, scene.clock.seconds) == (["dropped", "dropped", "ok"], 0.0)


async def test_pauses_are_not_the_gateways_overhead() -> None:
    scene = Scene([[ProviderBroken("x")], [ANSWER]])
    _, meter = await scene.ask()
    assert meter.pauses == 0.25


@pytest.mark.parametrize("kind", [ProviderRefused, ContentFiltered])
async def test_a_refusal_goes_to_the_caller_as_it_is(kind: type[ProviderRefused]) -> None:
    scene = Scene([[refused(kind)], [ANSWER]])
    with pytest.raises(kind):
        await scene.ask()
    assert scene.asked == [1, 0]


async def test_a_request_that_is_too_long_goes_to_a_larger_model() -> None:
    scene = Scene([[refused(ContextExceeded)], [ANSWER], [ANSWER]])
    begun, _ = await scene.ask()
    assert (begun.candidate.card, scene.asked) == (THIRD, [1, 0, 1])


async def test_a_request_that_is_too_long_for_all_is_refused_in_the_providers_words() -> None:
    scene = Scene([[refused(ContextExceeded)], [ANSWER]])
    with pytest.raises(ContextExceeded):
        await scene.ask()
    assert scene.asked == [1, 0]


async def test_a_refusal_does_not_count_against_a_provider() -> None:
    scene = Scene([[refused()]])
    for _ in range(10):
        with pytest.raises(ProviderRefused):
            await scene.ask()
    assert scene.down == frozenset()


async def test_a_throttled_provider_is_passed_over_at_once() -> None:
    scene = Scene([[ProviderThrottled("x", retry_after=1.0)], [ANSWER]])
    assert (await scene.whole())[1] == ["throttled", "ok"]
    assert scene.clock.seconds == 0.0
    assert scene.down == {"first"}


async def test_a_throttled_provider_is_waited_for_if_it_is_alone_and_wants_little() -> None:
    scene = Scene([[ProviderThrottled("x", retry_after=1.5)]], draw=0.0)
    with pytest.raises(AllProvidersThrottled) as failed:
        await scene.ask()
    assert (scene.asked, scene.clock.seconds, failed.value.retry_after) == ([3], 3.0, 1.5)


async def test_a_throttled_provider_that_wants_much_is_not_asked_again() -> None:
    scene = Scene([[ProviderThrottled("x", retry_after=30.0)]])
    with pytest.raises(AllProvidersThrottled) as failed:
        await scene.ask()
    assert (scene.asked, scene.clock.seconds, failed.value.retry_after) == ([1], 0.0, 30.0)


async def test_a_wish_to_be_left_alone_holds_for_requests_with_nobody_else_to_ask() -> None:
    scene = Scene([[ProviderThrottled("x", retry_after=30.0)]])
    for _ in range(3):
        with pytest.raises(AllProvidersThrottled) as failed:
            await scene.ask()
        assert (scene.asked, failed.value.retry_after) == ([1], 30.0)
    scene.clock.seconds = 28.5
    scene.switch(0, ANSWER)
    _, meter = await scene.ask()
    assert (scene.asked, scene.clock.seconds, meter.pauses) == ([2], 30.0, 1.5)


async def test_the_caller_is_told_the_soonest_of_all_wishes() -> None:
    steps = [[ProviderThrottled("x", retry_after=wish)] for wish in (40.0, 20.0, 30.0)]
    with pytest.raises(AllProvidersThrottled) as failed:
        await Scene(steps).ask()
    assert failed.value.retry_after == 20.0


async def test_a_request_makes_no_more_calls_than_its_route_allows() -> None:
    scene = Scene([[ProviderBroken("x")], [ProviderBroken("x")], [ANSWER]])
    with pytest.raises(AllProvidersFailed):
        await scene.ask(attempts=3)
    assert scene.asked == [2, 1, 0]


async def test_a_request_makes_no_call_after_its_deadline() -> None:
    scene = Scene([[Wait(5.0), ProviderTimeout("x")], [ANSWER]])
    with pytest.raises(AllProvidersFailed):
        await scene.ask(deadline=5.0)
    assert scene.asked == [1, 0]


async def test_a_call_ends_with_the_requests_deadline_and_nobody_is_blamed() -> None:
    scene = Scene([[Hang()], [ANSWER]])
    with pytest.raises(DeadlinePassed):
        await scene.ask(deadline=0.02)
    assert scene.down == frozenset()


async def test_an_answer_ends_with_the_requests_deadline() -> None:
    scene = Scene([[ANSWER, Wait(9.0), ANSWER]])
    begun, _ = await scene.ask(deadline=8.0)
    with pytest.raises(DeadlinePassed):
        await anext(begun.rest)
    assert scene.apis[FIRST.provider].closed == 1


async def test_retries_run_out_when_all_calls_fail() -> None:
    scene = Scene([[ProviderDropped("x")]])
    for _ in range(50):
        with pytest.raises(AllProvidersFailed):
            await scene.ask()
    assert scene.asked[0] <= 50 * 1.2 + 5


async def test_a_failing_primary_is_left_alone_but_for_a_probe_now_and_then() -> None:
    scene = Scene([[ProviderBroken("x")], [ANSWER]])
    for _ in range(10):
        await scene.whole()
    assert scene.down == {"first"}
    opened = scene.asked[0]
    for _ in range(600):
        scene.clock.seconds += 0.1
        assert (await scene.whole())[1][-1] == "ok"
    assert scene.asked[0] - opened <= 8
    scene.switch(0, ANSWER)
    recovered = scene.clock.seconds
    while scene.down:
        scene.clock.seconds += 0.1
        await scene.whole()
    assert scene.clock.seconds - recovered <= 15.0
    assert (await scene.ask())[0].candidate.card == FIRST


async def test_only_one_request_at_a_time_finds_out() -> None:
    scene = Scene([[ProviderThrottled("x", retry_after=1.0)], [ANSWER]])
    await scene.ask()
    scene.clock.seconds = 1.0
    scene.switch(0, Hang())
    finding = asyncio.create_task(scene.ask())
    await scene.apis[FIRST.provider].hanging.wait()
    assert (await scene.ask())[0].candidate.card == SECOND
    assert scene.down == {"first"}
    finding.cancel()
    await asyncio.wait([finding])
    assert scene.down == frozenset()


async def test_whom_the_circuits_pass_over_is_asked_if_nobody_else_answers() -> None:
    scene = Scene([[ProviderTimeout("x")], [ANSWER]])
    for _ in range(5):
        await scene.ask()
    assert scene.down == {"first"}
    scene.switch(0, ANSWER)
    scene.switch(1, ProviderTimeout("x"))
    begun, meter = await scene.ask()
    assert begun.candidate.card == FIRST
    assert [attempt.model for attempt in meter.attempts] == ["second", "first"]
    assert scene.down == frozenset()


async def test_a_silent_server_is_not_asked_for_another_model_either() -> None:
    also = a_card("also", provider=FIRST.provider)
    scene = Scene([[ProviderTimeout("x")], [ANSWER]], cards=(FIRST, SECOND))
    scene.decision = a_decision(FIRST, also, SECOND)
    begun, _ = await scene.ask()
    assert (begun.candidate.card, scene.asked) == (SECOND, [1, 1])


async def test_a_silent_server_alone_is_no_last_resort() -> None:
    also = a_card("also", provider=FIRST.provider)
    scene = Scene([[ProviderTimeout("x")]])
    scene.decision = a_decision(FIRST, also)
    with pytest.raises(AllProvidersFailed, match=r"\(first: timeout\)"):
        await scene.ask()


async def test_streams_that_break_open_the_circuit_too() -> None:
    scene = Scene([[ANSWER, StreamBroken("x")], [ANSWER]])
    for _ in range(5):
        with pytest.raises(StreamBroken):
            await scene.whole()
    assert scene.down == {"first"}


async def test_a_broken_stream_is_seen_in_its_attempt() -> None:
    scene = Scene([[ANSWER, StreamBroken("x")]])
    begun, meter = await scene.ask()
    with pytest.raises(StreamBroken):
        async for _ in meter.watch(begun.first, begun.rest):
            pass
    [attempt] = meter.attempts
    assert (attempt.result, attempt.billed) == ("cut", True)


def replicated(*scripts: Sequence[Step]) -> tuple[Dispatcher, list[FakeProvider]]:
    """One provider with several servers."""
    apis = [FakeProvider(script) for script in scripts]
    replicas = [Replica(provider=FIRST.provider, name=str(n), api=api) for n, api in enumerate(apis)]
    clock = HandClock()
    dispatcher = Dispatcher(
        fleet={FIRST.provider: replicas},
        chance=lambda: 1.0,
        sleep=clock.sleep,
        checker=Checker(ChatReader()),
        seams=SEAMS,
    )
    return dispatcher, apis


@pytest.mark.parametrize("error", [ProviderBroken("x"), ProviderTimeout("x"), ProviderDropped("x")])
async def test_another_server_of_the_provider_is_asked_before_another_model(error: Exception) -> None:
    dispatcher, apis = replicated([error], [ANSWER])
    meter = Meter(HandClock(), 0.0)
    await dispatcher.first_answer(a_decision(FIRST), admit, meter)
    assert [len(api.asked) for api in apis] == [1, 1]


async def test_a_server_that_fails_is_left_out_and_the_provider_is_not_down() -> None:
    dispatcher, apis = replicated([ProviderThrottled("x", retry_after=9.0)], [ANSWER])
    for _ in range(4):
        await dispatcher.first_answer(a_decision(FIRST), admit, Meter(HandClock(), 0.0))
    assert [len(api.asked) for api in apis] == [1, 4]
    assert dispatcher.down(0.0) == frozenset()
    assert dispatcher.states(0.0) == {FIRST.provider: State.OPEN}


async def test_a_server_that_has_nothing_left_to_give_is_passed_over_before_it_says_so() -> None:
    dispatcher, apis = replicated([replace(ANSWER, rest=9.0)], [ANSWER])
    clock = HandClock()
    for _ in range(4):
        await dispatcher.first_answer(a_decision(FIRST), admit, Meter(clock, clock.seconds))
    assert [len(api.asked) for api in apis] == [1, 3]
    clock.seconds = 9.0
    await dispatcher.first_answer(a_decision(FIRST), admit, Meter(clock, clock.seconds))
    assert [len(api.asked) for api in apis] == [2, 3]


async def test_if_nobody_else_can_answer_a_server_is_asked_though_it_has_nothing_left() -> None:
    scene = Scene([[replace(ANSWER, rest=600.0)]])
    for _ in range(3):
        _, results = await scene.whole()
        assert results == ["ok"]
    assert scene.down == {"first"}


@pytest.mark.parametrize(
    ("chunk", "wire", "down"),
    [
        (Chunk(data=b"{}", usage=Usage(input_uncached=5)), Format.CHAT, {"first"}),
        (Chunk(data=b"{}"), Format.COMPLETIONS, {"first"}),
        (Chunk(data=b"{}", usage=Usage(input_uncached=5, output=1)), Format.CHAT, set()),
        (Chunk(data=b"{}", text="Hi."), Format.MESSAGES, set()),
        (Chunk(data=b"{}", usage=Usage(input_uncached=5)), Format.EMBEDDINGS, set()),
        (Chunk(data=b"{}"), Format.RESPONSES, set()),
    ],
    ids=["no tokens", "no text", "a token", "a text", "vectors", "a response that comes later"],
)
async def test_a_server_that_gives_answers_without_a_word_is_not_well(
    chunk: Chunk, wire: Format, down: set[str]
) -> None:
    async def sent(candidate: Candidate, rejected: int) -> ChatRequest:
        return a_request(format=wire)

    scene = Scene([[chunk]])
    for _ in range(5):
        meter = Meter(scene.clock, scene.clock.seconds)
        begun = await scene.dispatcher.first_answer(scene.decision, sent, meter)
        assert [each async for each in begun.rest] == []
    assert scene.down == down


NOT_HERE = Kept(status=404, body=b"", content_type="text/plain")
HERE = Kept(status=200, body=b"here", content_type="text/plain")


@pytest.mark.parametrize(
    ("kept", "told", "asked"),
    [([NOT_HERE, HERE, HERE], HERE, [1, 1, 0]), ([NOT_HERE, NOT_HERE], NOT_HERE, [1, 1])],
    ids=["one of them", "none of them"],
)
async def test_the_servers_are_asked_for_a_kept_answer_until_one_has_it(
    kept: list[Kept], told: Kept, asked: list[int]
) -> None:
    apis = [FakeProvider(keeps=each) for each in kept]
    servers = [Replica(provider=FIRST.provider, name=str(n), api=api) for n, api in enumerate(apis)]
    dispatcher = Dispatcher(
        fleet={FIRST.provider: servers},
        chance=lambda: 0.0,
        sleep=HandClock().sleep,
        checker=Checker(ChatReader()),
        seams=SEAMS,
    )
    assert await dispatcher.kept(FIRST.provider, "GET", "resp_1") == told
    assert [api.kept_asked for api in apis] == asked
    assert await dispatcher.kept(SECOND.provider, "GET", "resp_1") is None


async def test_a_candidate_that_no_budget_admits_is_passed_over_and_told() -> None:
    scene = Scene([[ANSWER], [ANSWER]])
    denied = Denied(line=a_line(1), standing=Standing(spent=0, held=0), wait=0.0)

    async def cover(candidate: Candidate, rejected: int) -> ChatRequest:
        if candidate.card is FIRST:
            raise OverBudget("spent", denied=denied, facts={})
        return a_request()

    meter = Meter(scene.clock, scene.clock.seconds)
    begun = await scene.dispatcher.first_answer(scene.decision, cover, meter)
    assert (begun.candidate.card, scene.asked) == (SECOND, [0, 1])
    assert [(one.result, one.billed) for one in meter.attempts] == [("not_admitted", False), ("ok", True)]


FULL = Places(concurrent=1, queue=0, wait=10.0)


def limited(scene: Scene, number: int, places: Places = FULL) -> Queue:
    """The queue before a provider whose places are all taken."""
    queues, provider = scene.dispatcher.experience.queues, scene.cards[number].provider
    queues.take_up({provider: places}, 0.0)
    assert queues[provider].line.take()
    return queues[provider]


async def test_a_provider_whose_queue_is_full_is_passed_over_at_once_without_a_call() -> None:
    scene = Scene([[ANSWER], [ANSWER]])
    limited(scene, 0)
    assert (await scene.whole())[1] == ["busy", "ok"]
    assert scene.asked == [0, 1]
    assert scene.down == frozenset()


async def test_another_model_of_a_busy_provider_is_not_waited_for_either() -> None:
    other = a_card("other", provider=FIRST.provider)
    scene = Scene([[ANSWER], [ANSWER], [ANSWER]], cards=(FIRST, other, THIRD))
    limited(scene, 0)
    assert (await scene.whole())[1] == ["busy", "ok"]


async def test_when_all_are_busy_the_caller_is_told_when_to_come_back() -> None:
    scene = Scene([[ANSWER], [ProviderThrottled("x", retry_after=30.0)]])
    limited(scene, 0).line.usual = 4.0
    with pytest.raises(AllProvidersThrottled, match="first: busy; second: throttled") as failed:
        await scene.ask()
    assert failed.value.retry_after == 4.0


async def test_no_call_was_made_where_a_queue_was_full() -> None:
    scene = Scene([[ANSWER], [ANSWER]])
    limited(scene, 0)
    _, meter = await scene.ask(attempts=1)
    assert (meter.calls, [attempt.billed for attempt in meter.attempts]) == (1, [False, True])


async def test_a_place_is_left_when_the_answer_ends_and_who_waits_is_asked_then() -> None:
    scene = Scene([[ANSWER, Chunk(data=b"more")]])
    limited(scene, 0, Places(concurrent=1, queue=5, wait=10.0)).leave(0.0)
    begun, _ = await scene.ask()
    waiting = asyncio.create_task(scene.ask())
    while not len(scene.queue):
        await asyncio.sleep(0)
    scene.clock.seconds = 3.0
    assert scene.asked == [1]
    await begun.rest.aclose()
    second, meter = await waiting
    assert (scene.asked, scene.queue.usual) == ([2], 3.0)
    assert (meter.pauses, meter.attempts[-1].seconds, overhead(meter)) == (3.0, 0.0, 0.0)
    await second.rest.aclose()
    assert scene.queue.running == 0


async def test_a_caller_who_leaves_the_queue_has_made_no_call() -> None:
    scene = Scene([[ANSWER]])
    limited(scene, 0, Places(concurrent=1, queue=5, wait=10.0))
    meter = Meter(scene.clock, 0.0)
    asking = asyncio.create_task(scene.dispatcher.first_answer(scene.decision, admit, meter))
    while not len(scene.queue):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    assert (len(scene.queue), meter.attempts) == (0, [])


@pytest.mark.parametrize("error", [ProviderBroken("x"), refused(), DeadlinePassed("x"), RuntimeError("x")])
async def test_a_place_is_left_however_the_call_ends(error: Exception) -> None:
    scene = Scene([[error]])
    with pytest.raises(type(error) if not isinstance(error, ProviderBroken) else AllProvidersFailed):
        await scene.ask()
    assert scene.queue.running == 0


async def test_what_a_server_says_of_its_load_beside_an_answer_is_noted() -> None:
    dispatcher, _ = replicated([Chunk(data=b"answer", text="answer", load=Load(waiting=3, cache=0.9))])
    [replica] = dispatcher.fleet[FIRST.provider]
    gauges, clock = dispatcher.experience.gauges, HandClock()
    gauges.hear(replica.server, Occupancy(running=7, waiting=0), 0, clock.seconds)
    await dispatcher.first_answer(a_decision(FIRST), admit, Meter(clock, clock.seconds))
    gauge = gauges.of(replica.server, clock.seconds)
    assert gauge is not None
    assert gauge.said == Occupancy(running=4, waiting=3, cache=0.9)
