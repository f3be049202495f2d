"""A second call beside one that keeps silent: with scripted providers."""

import asyncio
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.line import Places
from routergate.dispatch.retries import Retries
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Candidate, Decision, Estimate, Limits
from routergate.domain.errors import (
    AllProvidersFailed,
    ContextExceeded,
    ProviderBroken,
    ProviderRefused,
    ProviderTimeout,
    StoreUnavailable,
    StreamBroken,
)
from routergate.domain.model import ModelCard
from routergate.domain.refusals import RateLimited
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Denied, Standing
from routergate.domain.turn import Turn
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from support.builders import a_candidate, a_card, a_request
from support.builders import a_decision as decided
from support.fakes import FakeProvider, Hang, Step, Wait, a_dispatcher
from support.redis import HandClock
from support.restraints import a_line
from support.streams import event, told, whole

FIRST, SECOND = a_card("first"), a_card("second")
LARGER = a_card("larger", context_tokens=16_000)
ANSWER = Chunk(data=b"answer", text="answer")
AT_ONCE = 0.001


@dataclass
class Late(FakeProvider):
    """Says nothing until it is told to."""

    may: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: ChatRequest, card: ModelCard) -> Any:
        self.hanging.set()
        self.asked.append(card)
        try:
            await self.may.wait()
            for step in self.script:
                if isinstance(step, Chunk):
                    yield step
                else:
                    await self._suffer(step)
        finally:
            self.closed += 1


@dataclass
class Scene:
    """Models that are asked in their order, the first of which is late."""

    first: FakeProvider
    others: Sequence[Sequence[Step]] = ((ANSWER,),)
    cards: Sequence[ModelCard] = (FIRST, SECOND)
    request: ChatRequest = field(default_factory=lambda: a_request(stream=True))
    denial: Exception | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    clock: HandClock = field(default_factory=HandClock)
    covered: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        first, *others = self.cards
        self.apis = {first.provider: self.first}
        pairs = zip(others, self.others, strict=True)
        self.apis |= {card.provider: FakeProvider(script, self.clock) for card, script in pairs}
        self.meter = Meter(self.clock, self.clock.seconds)
        self.dispatcher: Dispatcher = a_dispatcher(dict(self.apis), self.clock)

    @property
    def decision(self) -> Decision:
        candidates = tuple(
            a_candidate(card, hedge_after=AT_ONCE, quality=Estimate(mean=0.5 + at / 10, stderr=0))
            for at, card in enumerate(self.cards)
        )
        return replace(decided(), candidates=candidates, **self.changes)

    async def cover(self, candidate: Candidate, beside: int) -> ChatRequest:
        self.covered.append((candidate.card.id, beside))
        if beside and self.denial:
            raise self.denial
        return self.request

    async def ask(self) -> list[Chunk]:
        """One request to its end."""
        begun = await self.dispatcher.first_answer(self.decision, self.cover, self.meter)
        async with aclosing(begun.rest), aclosing(self.meter.watch(begun.first, begun.rest)) as chunks:
            return [chunk async for chunk in chunks]

    @property
    def results(self) -> list[tuple[str, str]]:
        return [(call.model, call.result) for call in self.meter.attempts]

    @property
    def closed(self) -> bool:
        return all(len(api.asked) == api.closed for api in self.apis.values())


async def test_whoever_begins_first_answers_and_the_other_call_is_ended() -> None:
    scene = Scene(Late())
    assert await scene.ask() == [ANSWER]
    assert scene.results == [("first", "outrun"), ("second", "ok")]
    assert [(call.billed, call.hedge) for call in scene.meter.attempts] == [(None, False), (True, True)]
    assert scene.covered == [("first", 0), ("second", 1)]
    assert (scene.closed, scene.meter.beside) == (True, 1)


async def test_who_answers_in_time_gets_no_company() -> None:
    scene = Scene(FakeProvider())
    await scene.ask()
    assert (scene.results, scene.meter.beside) == ([("first", "ok")], 0)


async def test_the_first_call_may_win_after_all() -> None:
    scene = Scene(first := Late(), [[Hang()]])
    asking = asyncio.create_task(scene.ask())
    await scene.apis[SECOND.provider].hanging.wait()
    first.may.set()
    assert await asking == [ANSWER]
    assert scene.results == [("second", "outrun"), ("first", "ok")]
    assert scene.closed


async def test_a_second_call_that_fails_leaves_the_first_one() -> None:
    scene = Scene(first := Late(), [[ProviderTimeout("x")]])
    asking = asyncio.create_task(scene.ask())
    await first.hanging.wait()
    while not scene.meter.attempts:
        await asyncio.sleep(0)
    first.may.set()
    assert await asking == [ANSWER]
    assert scene.results == [("second", "timeout"), ("first", "ok")]


async def test_a_first_call_that_fails_leaves_the_second_one() -> None:
    scene = Scene(first := Late([ProviderBroken("x")]), [[Hang()]])
    asking = asyncio.create_task(scene.ask())
    second = scene.apis[SECOND.provider]
    await second.hanging.wait()
    first.may.set()
    while not scene.meter.attempts:
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    assert scene.results == [("first", "broken"), ("second", "abandoned")]
    assert scene.closed


async def test_when_both_fail_the_next_candidate_is_asked() -> None:
    third = a_card("third")
    scene = Scene(
        first := Late([ProviderBroken("x")]),
        [[ProviderBroken("x")], [ANSWER]],
        cards=(FIRST, SECOND, third),
        changes={"limits": Limits(attempts=4)},
    )
    scene.dispatcher.experience.retries.spend(FIRST.provider)
    first.may = asyncio.Event()
    asking = asyncio.create_task(scene.ask())
    while not scene.meter.attempts:
        await asyncio.sleep(0)
    first.may.set()
    assert await asking == [ANSWER]
    assert scene.results[:2] == [("second", "broken"), ("first", "broken")]
    assert scene.results[-1] == ("third", "ok")


async def test_what_a_provider_finds_at_fault_is_told_at_once() -> None:
    scene = Scene(Late(), [[ProviderRefused("x", status=400, body=b"", content_type="")]])
    with pytest.raises(ProviderRefused):
        await scene.ask()
    assert scene.results == [("second", "refused"), ("first", "outrun")]
    assert scene.closed


async def test_after_a_second_model_without_room_the_first_is_waited_for() -> None:
    full = ContextExceeded("x", status=400, body=b"", content_type="")
    scene = Scene(first := Late(), [[full], [ANSWER]], cards=(FIRST, SECOND, LARGER))
    asking = asyncio.create_task(scene.ask())
    while not scene.meter.attempts:
        await asyncio.sleep(0)
    first.may.set()
    await asking
    assert scene.results == [("second", "context"), ("first", "ok")]


async def test_a_defect_ends_both_calls() -> None:
    scene = Scene(Late(), [[KeyError("a defect")]])
    with pytest.raises(KeyError):
        await scene.ask()
    assert scene.results == [("second", "abandoned"), ("first", "abandoned")]
    assert scene.closed


DENIED = Denied(line=a_line(1), standing=Standing(spent=0, held=0), wait=0.0)


@pytest.mark.parametrize("denial", [RateLimited("no room", denied=DENIED, facts={}), StoreUnavailable("x")])
async def test_where_nobody_pays_the_first_is_waited_for(denial: Exception) -> None:
    scene = Scene(first := Late(), denial=denial)
    asking = asyncio.create_task(scene.ask())
    while len(scene.covered) < 2:
        await asyncio.sleep(0)
    first.may.set()
    await asking
    assert (scene.results, scene.meter.beside) == ([("first", "ok")], 0)


async def alone(scene: Scene, first: Late) -> None:
    """The first call is waited for, whatever happens beside it."""
    asking = asyncio.create_task(scene.ask())
    await first.hanging.wait()
    await asyncio.sleep(AT_ONCE * 20)
    first.may.set()
    await asking
    assert scene.results == [("first", "ok")]


async def test_a_request_that_may_make_one_call_makes_one() -> None:
    await alone(Scene(first := Late(), changes={"limits": Limits(attempts=1)}), first)


async def test_a_model_without_another_server_or_candidate_is_waited_for() -> None:
    await alone(Scene(first := Late(), [], cards=(FIRST,)), first)


async def test_an_answer_that_its_provider_keeps_is_not_asked_for_twice() -> None:
    await alone(Scene(first := Late(), request=a_request(stream=True, kept=True)), first)


async def test_second_calls_are_paid_from_the_purse_of_retries() -> None:
    scene, retries = Scene(first := Late()), Retries()
    while retries.spend(SECOND.provider):
        pass
    experience = replace(scene.dispatcher.experience, retries=retries)
    scene.dispatcher = replace(scene.dispatcher, experience=experience)
    await alone(scene, first)


async def test_a_provider_without_a_free_place_is_not_asked_beside_another() -> None:
    scene = Scene(first := Late())
    queue = scene.dispatcher.experience.queues[SECOND.provider]
    queue.line.places = Places(concurrent=1, queue=0, wait=1.0)
    await queue.enter(Turn(), 1.0, scene.clock)
    await alone(scene, first)
    queue.leave(0.0)


async def test_places_are_free_again_when_the_race_is_over() -> None:
    scene = Scene(Late())
    queues = [scene.dispatcher.experience.queues[card.provider] for card in (FIRST, SECOND)]
    for queue in queues:
        queue.line.places = Places(concurrent=1, queue=0, wait=1.0)
    assert await scene.ask() == [ANSWER]
    assert all(queue.line.take() for queue in queues)


async def test_a_model_that_the_circuits_do_not_admit_is_not_asked_beside_another() -> None:
    third = a_card("third")
    scene = Scene(Late(), [[ANSWER], [ANSWER]], cards=(FIRST, SECOND, third))
    [replica] = scene.dispatcher.fleet[SECOND.provider]
    circuit = scene.dispatcher.experience.circuits[replica.target(SECOND.id)]
    for _ in range(5):
        circuit.failed(circuit.enter(0.0), 0.0, None)
    await scene.ask()
    assert scene.results == [("first", "outrun"), ("third", "ok")]


async def test_a_second_answer_that_breaks_goes_on_elsewhere_and_not_at_who_was_late() -> None:
    third = a_card("third")
    scripts: list[Sequence[Step]] = [[event("One"), StreamBroken("x")], whole(["One", " two"])]
    scene = Scene(Late(), scripts, cards=(FIRST, SECOND, third), changes={"continues": True})
    assert told(await scene.ask()) == "One two"
    assert scene.results == [("first", "outrun"), ("second", "cut"), ("third", "ok")]
    assert scene.covered == [("first", 0), ("second", 1), ("third", 2)]


async def test_a_second_answer_is_checked_like_any_other() -> None:
    third = a_card("third")
    checked = Cascade(escalate_when=frozenset(Flaw))
    scene = Scene(Late(), [whole(["I cannot help with that."]), whole(["Yes."])], (FIRST, SECOND, third))
    scene.changes = {"cascade": checked}
    assert told(await scene.ask()) == "Yes."
    assert scene.results == [("first", "outrun"), ("second", "refusal"), ("third", "ok")]


async def test_of_two_that_begin_at_the_same_time_the_first_is_given() -> None:
    @dataclass
    class Both(Scene):
        async def cover(self, candidate: Candidate, beside: int) -> ChatRequest:
            if beside:
                first.may.set()
            return self.request

    scene = Both(first := Late())
    assert await scene.ask() == [ANSWER]
    assert scene.results == [("second", "outrun"), ("first", "ok")]
    assert scene.closed


async def test_another_server_is_asked_before_another_model() -> None:
    scene, quick = Scene(Late()), FakeProvider()
    [slow] = scene.dispatcher.fleet[FIRST.provider]
    fleet = {**scene.dispatcher.fleet, FIRST.provider: [slow, replace(slow, name="quick", api=quick)]}
    scene.dispatcher = replace(scene.dispatcher, fleet=fleet)
    assert await scene.ask() == [ANSWER]
    assert scene.results == [("first", "outrun"), ("first", "ok")]
    assert (len(quick.asked), scene.apis[SECOND.provider].asked) == (1, [])


async def test_time_that_passes_in_calls_is_no_overhead() -> None:
    scene = Scene(first := Late([Wait(3.0), ANSWER]), [[Hang()]])
    asking = asyncio.create_task(scene.ask())
    await scene.apis[SECOND.provider].hanging.wait()
    scene.clock.seconds += 2.0
    first.clock = scene.clock
    first.may.set()
    await asking
    assert scene.meter.waited == 5.0


async def test_nobody_left_is_nobody_who_answers() -> None:
    scene = Scene(first := Late([ProviderTimeout("x")]), [[ProviderBroken("x")]])
    asking = asyncio.create_task(scene.ask())
    while not scene.meter.attempts:
        await asyncio.sleep(0)
    first.may.set()
    with pytest.raises(AllProvidersFailed, match="second: broken; first: timeout"):
        await asking
