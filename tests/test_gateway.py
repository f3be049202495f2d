"""The way of one request, with every part of the world told what to do."""

import asyncio
import re
from collections.abc import Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.capture.taking import Nothing
from routergate.classify.trained import TrainedEstimator
from routergate.deciding import Call, Router
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.asset import FREE, Asset, Hosting, Loaded, Volume
from routergate.domain.budget import Rules
from routergate.domain.caching import Caching, Recalled
from routergate.domain.decision import Hedge
from routergate.domain.errors import (
    AllProvidersFailed,
    BudgetEnded,
    InvalidRequest,
    ProviderBroken,
    ProviderDenied,
    ProviderRefused,
    ProviderThrottled,
    ProviderTimeout,
    ProviderUnreachable,
    RouterGateError,
    StreamBroken,
    UnknownResponse,
)
from routergate.domain.event import Outcome, UsageEvent, UsageSource
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.model import Capability, ModelCard, ProviderId
from routergate.domain.money import nanos
from routergate.domain.refusals import GuardrailRefused, OverBudget
from routergate.domain.request import ChatRequest
from routergate.domain.turn import Priority, Turn
from routergate.domain.usage import Usage
from routergate.gateway import Answer, Gateway, Incoming
from routergate.guardrails.guards import RouteGuards
from routergate.guardrails.rail import Rail
from routergate.ports import Chunk
from routergate.route.explain import explain
from routergate.shadowing import Nobody
from routergate.spend.book import Book
from routergate.spend.reservation import Till
from support.builders import a_card, a_catalogue, a_rate_card, a_request
from support.fakes import (
    DictCache,
    DictHomes,
    FakeProvider,
    Hang,
    ListLedger,
    ListLengths,
    ListTelemetry,
    ListVolumes,
    OpenKeyring,
    Step,
    Wait,
    WordCounter,
    a_dispatcher,
)
from support.redis import HandClock
from support.restraints import a_budget, rules_of

REFUSED = ProviderRefused("no", status=400, body=b"{}", content_type="application/json")
USAGE = Usage(input_uncached=1_000, output=100)
SMALL = a_card("small", prices=(a_rate_card("1", "2"),))
CHECKED = Cascade(escalate_when=frozenset(Flaw))
LARGE = a_card("large", prices=(a_rate_card("10", "20"),), quality=0.95)


@dataclass
class World:
    """A gateway over the models `small` and `large`; the small one is asked first."""

    small: Sequence[Step]
    large: Sequence[Step] = (Chunk(data=b"large", text="large"),)
    clock: HandClock = field(default_factory=HandClock)
    ledger: ListLedger = field(default_factory=ListLedger)
    telemetry: ListTelemetry = field(default_factory=ListTelemetry)
    lengths: ListLengths = field(default_factory=ListLengths)
    volumes: ListVolumes = field(default_factory=ListVolumes)
    homes: DictHomes = field(default_factory=DictHomes)
    cache: DictCache = field(default_factory=DictCache)
    caching: Caching | None = None
    wishes: Wishes = field(default_factory=Wishes)
    hooks: Sequence[Any] = ()
    cards: tuple[ModelCard, ...] = (SMALL, LARGE)
    rules: Rules = field(default_factory=Rules)
    session: str | None = None
    cascade: Cascade | None = None
    hedge: Hedge | None = None

    def __post_init__(self) -> None:
        scripts = (self.small, self.large)
        self.providers = {
            card.provider: FakeProvider(script, self.clock)
            for card, script in zip(self.cards, scripts, strict=False)
        }
        baseline = self.cards[-1].id
        self.gateway = Gateway(
            keyring=OpenKeyring(),
            router=Router(
                catalogue=a_catalogue(
                    *self.cards,
                    baseline=baseline,
                    quality=0.5,
                    cascade=self.cascade,
                    caching=self.caching,
                    hedge=self.hedge,
                ),
                estimator=TrainedEstimator.builtin(),
                tokens=WordCounter(),
                lengths=self.lengths,
                volumes=self.volumes,
            ),
            dispatcher=a_dispatcher(dict(self.providers), self.clock),
            homes=self.homes,
            cache=self.cache,
            capture=Nothing(),
            guards=RouteGuards({"auto": [Rail(name="hook", hook=hook) for hook in self.hooks]}),
            till=Till(rules=self.rules, ledger=self.ledger, book=Book(), clock=self.clock),
            onlooker=Nobody(),
            telemetry=self.telemetry,
            clock=self.clock,
        )

    def chat(self, request: ChatRequest | None = None) -> Any:
        return self.gateway.chat(self.incoming(request or a_request()))

    def incoming(self, request: ChatRequest, *, upload: float = 0.0) -> Incoming:
        async def receive() -> bytes:
            self.clock.seconds += upload
            return b""

        def parse(caller: Identity, _: bytes) -> Call:
            account = Attribution(identity=caller, session=self.session)
            return Call(request=request, attribution=account, wishes=self.wishes)

        return Incoming(id="request-1", token="token", peer=None, receive=receive, parse=parse)

    async def ask(self, request: ChatRequest | None = None) -> list[Chunk]:
        async with self.chat(request) as answer:
            return [chunk async for chunk in answer.chunks]

    @property
    def event(self) -> UsageEvent:
        [event] = self.ledger.events
        assert self.telemetry.events == [event]
        return event


def results(event: UsageEvent) -> list[tuple[str, str]]:
    return [(attempt.model, attempt.result) for attempt in event.attempts]


async def test_the_cheapest_adequate_model_answers_and_is_paid() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    assert [chunk.data for chunk in await world.ask()] == [b"a"]
    event = world.event
    assert (event.outcome, event.id, event.route) == (Outcome.OK, "request-1", "auto")
    assert (event.card, event.usage, event.usage_source) == (SMALL, USAGE, UsageSource.PROVIDER)
    assert (event.cost, event.baseline_cost, event.savings) == (1_200_000, 12_000_000, 10_800_000)
    assert (event.baseline, results(event)) == ("large", [("small", "ok")])


async def test_a_route_that_hedges_knows_when_to_ask_another_model() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)], hedge=Hedge(after=3.0))
    decision = await world.gateway.route(world.incoming(a_request()))
    assert [one.hedge_after for one in decision.candidates] == [3.0, 3.0]


async def test_costs_are_known_to_the_answer_while_it_lasts() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    async with world.chat() as answer:
        await anext(answer.chunks)
        assert answer.costs() == (1_200_000, 12_000_000)


async def test_without_a_baseline_there_is_nothing_to_compare_with() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    async with world.chat(a_request(model="small")) as answer:
        [_ async for _ in answer.chunks]
        assert answer.costs() == (1_200_000, None)
    assert (world.event.baseline, world.event.baseline_cost, world.event.savings) == (None, None, None)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ProviderUnreachable("x"), "unreachable"),
        (ProviderTimeout("x"), "timeout"),
        (ProviderThrottled("x"), "throttled"),
        (ProviderDenied("x"), "denied"),
        (StreamBroken("x"), "cut"),
    ],
)
async def test_a_provider_that_fails_is_followed_by_the_next_one(error: Exception, kind: str) -> None:
    world = World([error])
    assert [chunk.data for chunk in await world.ask()] == [b"large"]
    assert results(world.event) == [("small", kind), ("large", "ok")]
    assert (world.event.outcome, world.event.card) == (Outcome.OK, LARGE)


@pytest.mark.parametrize(
    ("last", "usage", "cost"),
    [
        (ProviderBroken("x"), Usage(), 0),
        (ProviderTimeout("x"), None, None),
        (StreamBroken("x"), None, None),
    ],
)
async def test_nobody_answers_and_what_it_cost_is_known_or_not(
    last: Exception, usage: Usage | None, cost: int | None
) -> None:
    world = World([ProviderThrottled("x")], [last])
    with pytest.raises(AllProvidersFailed, match=r"small: throttled; large: "):
        await world.ask()
    event = world.event
    assert (event.outcome, event.card, event.quality) == (Outcome.FAILED, None, None)
    assert (event.usage, event.cost, event.baseline_cost) == (usage, cost, cost)


async def test_nothing_is_saved_on_a_request_that_nobody_answers() -> None:
    per_request = a_rate_card("10", "20", per_request=a_rate_card("1", "1").input)
    world = World([REFUSED], cards=(SMALL, replace(LARGE, prices=(per_request,))))
    with pytest.raises(ProviderRefused):
        await world.ask()
    assert (world.event.cost, world.event.baseline_cost, world.event.savings) == (0, 0, 0)


async def test_a_refused_request_is_not_asked_elsewhere() -> None:
    world = World([REFUSED])
    with pytest.raises(ProviderRefused):
        await world.ask()
    assert (world.event.outcome, results(world.event)) == (Outcome.REFUSED, [("small", "refused")])
    assert [len(provider.asked) for provider in world.providers.values()] == [1, 0]


async def test_an_answer_that_breaks_off_is_counted_as_far_as_it_went() -> None:
    world = World([Chunk(data=b"a", text="one two "), Chunk(data=b"b", text="three"), StreamBroken("x")])
    with pytest.raises(StreamBroken):
        await world.ask(a_request("four words of mine"))
    event = world.event
    assert (event.outcome, event.usage_source) == (Outcome.FAILED, UsageSource.COUNTED)
    assert event.usage == Usage(input_uncached=4, output=3)
    assert world.lengths.seen == []


async def test_a_break_that_the_caller_was_told_of_is_still_a_failure() -> None:
    world = World([Chunk(data=b"a"), StreamBroken("x")])
    async with world.chat() as answer:
        with suppress(StreamBroken):
            [_ async for _ in answer.chunks]
    assert world.event.outcome is Outcome.FAILED


async def test_lengths_are_learned_from_whole_answers_that_the_provider_counted() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    await world.ask()
    assert world.lengths.seen == [("small", "chat", 100)]


async def test_lengths_are_learned_by_choice() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    await world.ask(a_request(choices=4))
    assert world.lengths.seen == [("small", "chat", 25)]


async def test_the_next_turn_of_a_session_knows_what_is_cached() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)])
    await world.ask(a_request("word " * 500))
    again = await world.gateway.route(world.incoming(a_request("word " * 600)))
    assert again.chosen.cached_tokens == 0
    world.session = "talk"
    await world.ask(a_request("word " * 500))
    again = await world.gateway.route(world.incoming(a_request("word " * 600)))
    assert (again.chosen.card, again.chosen.cached_tokens) == (SMALL, 600)


async def test_a_rejected_answer_and_the_one_that_is_given_are_one_event_with_the_cost_of_both() -> None:
    sorry = b'{"choices":[{"message":{"content":"I cannot help with that."}}]}'
    world = World([Chunk(data=sorry, usage=USAGE)], [Chunk(data=b"large", usage=USAGE)], cascade=CHECKED)
    async with world.chat() as answer:
        assert [chunk.data async for chunk in answer.chunks] == [b"large"]
        assert answer.costs() == (13_200_000, 12_000_000)
    event = world.event
    assert (event.outcome, event.card, event.usage) == (Outcome.OK, LARGE, USAGE)
    assert (event.cost, event.baseline_cost, event.savings) == (13_200_000, 12_000_000, -1_200_000)
    assert results(event) == [("small", "refusal"), ("large", "ok")]
    assert [(call.usage, call.cost) for call in event.attempts] == [(USAGE, 1_200_000), (None, None)]


async def test_a_decision_says_that_answers_are_checked_and_what_that_may_cost() -> None:
    world = World([], cascade=CHECKED)
    decision = await world.gateway.route(world.incoming(a_request()))
    assert decision.rule.endswith("; its answer is checked before it is given")
    told = explain(decision, world.gateway.router.estimator.moved)["candidates"]
    assert told[0]["escalation"]["model"] == "large"
    assert told[1]["escalation"] is None


async def test_nothing_is_learned_from_counting() -> None:
    world = World([Chunk(data=b"a", text="one two")])
    await world.ask()
    assert (world.event.usage_source, world.lengths.seen) == (UsageSource.COUNTED, [])


async def test_a_caller_who_leaves_in_mid_answer_leaves_one_event() -> None:
    world = World([Chunk(data=b"a", text="one"), Chunk(data=b"b"), Hang()])

    async def leave() -> None:
        async with world.chat() as answer:
            await taken(answer, patience=1)

    with pytest.raises(ConnectionResetError):
        await leave()
    assert (world.event.outcome, world.event.usage) == (Outcome.ABANDONED, Usage(input_uncached=1, output=1))
    assert world.providers[SMALL.provider].closed == 1


async def test_a_caller_who_leaves_before_the_first_chunk_closes_the_call_and_pays_for_it() -> None:
    world = World([Chunk(data=b"a", usage=USAGE), Hang()])
    with pytest.raises(ConnectionResetError):
        async with world.chat():
            raise ConnectionResetError
    assert world.providers[SMALL.provider].closed == 1
    assert (world.event.outcome, world.event.usage) == (Outcome.ABANDONED, USAGE)


async def test_an_answer_that_is_not_taken_to_its_end_is_no_success() -> None:
    world = World([Chunk(data=b"a"), Chunk(data=b"b")])
    async with world.chat() as answer:
        await anext(answer.chunks)
    assert world.event.outcome is not Outcome.OK


async def test_a_caller_who_hangs_up_on_a_silent_provider_leaves_an_unknown_cost() -> None:
    world = World([Hang()])
    asking = asyncio.create_task(world.ask())
    await world.providers[SMALL.provider].hanging.wait()
    asking.cancel()
    await asyncio.wait([asking])
    assert (world.event.outcome, world.event.cost) == (Outcome.ABANDONED, None)
    assert results(world.event) == [("small", "abandoned")]


async def test_a_defect_leaves_its_event_too() -> None:
    world = World([KeyError("a defect")])
    with pytest.raises(KeyError):
        await world.ask()
    assert world.event.outcome is Outcome.FAILED


async def test_a_request_that_is_not_understood_leaves_no_event() -> None:
    def parse(caller: Identity, body: bytes) -> Call:
        raise InvalidRequest("no")

    world = World([])
    with pytest.raises(InvalidRequest):
        async with world.gateway.chat(replace(world.incoming(a_request()), parse=parse)):
            pass
    assert world.ledger.events == []


async def test_a_request_that_no_model_can_serve_leaves_no_event() -> None:
    world = World([])
    with pytest.raises(RouterGateError):
        await world.ask(a_request(needs=frozenset({Capability.VISION})))
    assert world.ledger.events == []


async def test_a_decision_can_be_had_without_the_call() -> None:
    world = World([])
    decision = await world.gateway.route(world.incoming(a_request()))
    assert (decision.id, decision.chosen.card) == ("request-1", SMALL)
    assert (world.ledger.events, world.providers[SMALL.provider].asked) == ([], [])


async def test_a_decision_has_the_claim_of_its_caller_where_others_wait() -> None:
    world = World([])
    low = Identity(key="key-1", organisation="batch-ltd", priority=Priority.LOW)
    gateway = replace(world.gateway, keyring=OpenKeyring(low))
    decision = await gateway.route(world.incoming(a_request()))
    assert decision.turn == Turn(organisation="batch-ltd", priority=Priority.LOW)


async def test_a_provider_that_keeps_failing_is_passed_over_until_it_has_rested() -> None:
    world = World([ProviderTimeout("x")])
    for _ in range(6):
        await world.ask()
    assert len(world.providers[SMALL.provider].asked) == 5
    world.clock.seconds += 1
    await world.ask()
    assert len(world.providers[SMALL.provider].asked) == 6


async def test_a_provider_that_wants_to_be_left_alone_is() -> None:
    world = World([ProviderThrottled("x", retry_after=20.0)])
    for _ in range(5):
        await world.ask()
    assert len(world.providers[SMALL.provider].asked) == 1
    assert world.ledger.events[-1].attempts[0].model == "large"


async def test_neither_overhead_nor_decision_is_longer_for_a_slow_upload() -> None:
    world = World([Chunk(data=b"small")])
    async with world.gateway.chat(world.incoming(a_request(), upload=7.0)) as answer:
        _ = [chunk async for chunk in answer.chunks]
    timings = world.event.timings
    assert (timings.total, timings.overhead, timings.decision) == (7.0, 0.0, 0.0)


async def test_overhead_leaves_out_the_waiting_for_providers() -> None:
    world = World([Wait(2.0), ProviderTimeout("x")], [Wait(3.0), Chunk(data=b"a"), Wait(4.0)])
    async with world.chat() as answer:
        assert answer.overhead == 0
        [_ async for _ in answer.chunks]
    timings = world.event.timings
    assert (timings.total, timings.first_token, timings.overhead) == (9.0, 5.0, 0.0)
    assert [attempt.seconds for attempt in world.event.attempts] == [2.0, 3.0]


failures = st.sampled_from(
    [
        ProviderUnreachable("x"),
        ProviderTimeout("x"),
        ProviderThrottled("x"),
        ProviderBroken("x"),
        REFUSED,
        KeyError("x"),
    ]
)
answers = st.lists(
    st.just(Chunk(data=b"a", text="word")) | st.just(Chunk(data=b"u", usage=USAGE)), min_size=1
)
scripts = st.one_of(
    failures.map(lambda error: [error]),
    answers,
    answers.map(lambda chunks: [*chunks, StreamBroken("x")]),
)


async def taken(answer: Answer, patience: int) -> None:
    """Take the answer to its end, or run out of patience after some chunks and hang up."""
    async with aclosing(answer.chunks) as chunks:
        async for _ in chunks:
            patience -= 1
            if patience == 0:
                raise ConnectionResetError


@given(scripts, scripts, st.integers(1, 4), st.booleans())
def test_any_mix_of_failures_and_hang_ups_leaves_one_event(
    small: list[Step], large: list[Step], patience: int, streamed: bool
) -> None:
    async def scenario() -> None:
        world = World(small, large)
        ended: BaseException | None = None
        try:
            async with world.chat(a_request(stream=streamed)) as answer:
                await taken(answer, patience)
        except (RouterGateError, KeyError, ConnectionResetError) as error:
            ended = error
        event = world.event
        assert (event.outcome is Outcome.OK) == (ended is None)
        assert event.streamed is streamed
        assert len(event.attempts) == sum(len(provider.asked) for provider in world.providers.values())
        assert all(len(p.asked) == p.closed for p in world.providers.values())

    asyncio.run(scenario())


@pytest.mark.parametrize("steps", range(12))
async def test_a_cancellation_at_any_step_leaves_at_most_one_event(steps: int) -> None:
    pausing = [Chunk(data=b"a"), Chunk(data=b"b"), Chunk(data=b"c")]
    world = World(pausing)

    async def slowly() -> None:
        async with world.chat() as answer:
            await asyncio.sleep(0)
            async for _ in answer.chunks:
                await asyncio.sleep(0)

    asking = asyncio.create_task(slowly())
    for _ in range(steps):
        await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait([asking])
    begun = bool(world.providers[SMALL.provider].asked)
    assert len(world.ledger.events) == begun
    if begun:
        assert world.event.outcome is (Outcome.ABANDONED if asking.cancelled() else Outcome.OK)


OWN = replace(SMALL, asset=Asset(hosting=Hosting(monthly=Decimal(1_000))))


async def test_a_request_bears_its_share_of_the_fixed_costs_of_the_model_that_answered() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)], cards=(OWN, LARGE))
    world.volumes.known = Volume(monthly=1_000_000)
    await world.ask()

    share = Loaded(hosting=nanos(Decimal("0.001")))
    assert (world.event.share, world.event.loaded) == (share, (world.event.cost or 0) + 1_000_000)
    assert world.volumes.seen == [("small", world.clock.epoch)]


async def test_a_share_is_unknown_until_somebody_knows_how_many_there_will_be() -> None:
    world = World([Chunk(data=b"a", usage=USAGE)], cards=(OWN, LARGE))
    await world.ask()
    assert (world.event.share, world.event.loaded) == (None, None)


async def test_an_answer_of_another_model_bears_nothing_of_the_one_that_failed() -> None:
    world = World([ProviderBroken("x")], [Chunk(data=b"b", usage=USAGE)], cards=(OWN, LARGE))
    await world.ask()
    assert (world.event.share, world.event.loaded) == (FREE, world.event.cost)
    assert world.volumes.seen == []


KEPT = Chunk(data=b"kept", answer_id="resp_1")
CALLER = Identity(key="key-1", organisation="acme")


async def test_an_answer_that_is_kept_is_followed_where_it_is() -> None:
    world = World([ProviderBroken("down")], [KEPT])
    await world.ask(a_request(kept=True))
    assert world.homes.known == {("acme", "resp_1"): LARGE.provider}
    world.providers[SMALL.provider].script = [Chunk(data=b"cheaper")]
    async with world.chat(a_request(follows="resp_1")) as answer:
        assert answer.decision.rejected[0].model == "small"
        assert answer.winner.card is LARGE


async def test_an_answer_that_is_not_kept_is_not_remembered() -> None:
    world = World([KEPT])
    await world.ask(a_request(kept=False))
    assert world.homes.known == {}
    unnamed = World([Chunk(data=b"a")])
    await unnamed.ask(a_request(kept=True))
    assert unnamed.homes.known == {}


async def test_what_nobody_keeps_cannot_be_followed_and_leaves_no_event() -> None:
    world = World([Chunk(data=b"a")])
    with pytest.raises(UnknownResponse) as caught:
        await world.ask(a_request(follows="resp_2"))
    assert caught.value.param == "previous_response_id"
    assert world.ledger.events == []


async def test_a_kept_answer_is_asked_for_where_it_is_by_its_own_organisation_only() -> None:
    world = World([KEPT])
    await world.ask(a_request(kept=True))
    told = await world.gateway.kept(CALLER, "resp_1", "GET", "resp_1?stream=false")
    assert told.body == b"GET resp_1?stream=false"
    for stranger, wanted in ((Identity(key="k", organisation="other"), "resp_1"), (CALLER, "resp_2")):
        with pytest.raises(UnknownResponse):
            await world.gateway.kept(stranger, wanted, "GET", wanted)
    assert len(world.ledger.events) == 1


async def test_a_provider_that_is_gone_keeps_nothing() -> None:
    world = World([Chunk(data=b"a")])
    world.homes.known["acme", "resp_1"] = ProviderId("removed")
    with pytest.raises(UnknownResponse):
        await world.gateway.kept(CALLER, "resp_1", "GET", "resp_1")


@pytest.mark.parametrize(("count", "tokens"), [(77, 77), (None, 2)])
async def test_input_is_counted_by_the_provider_or_else_here_and_nothing_is_due(
    count: int | None, tokens: int
) -> None:
    world = World([Chunk(data=b"a")])
    world.providers[SMALL.provider].count = count
    assert await world.gateway.count(world.incoming(a_request("two words"))) == tokens
    assert world.ledger.events == []
    assert world.providers[SMALL.provider].asked == []


async def test_what_was_written_so_far_is_counted_here() -> None:
    world = World([Chunk(data=b"a", text="two words")])
    async with world.chat(a_request()) as answer:
        assert answer.written == 2


async def test_a_request_that_a_budget_refuses_leaves_no_event_and_asks_nobody() -> None:
    world = World([Chunk(data=b"a")], rules=rules_of(a_budget(0)))
    with pytest.raises(OverBudget):
        await world.ask()
    assert (world.ledger.events, world.telemetry.events) == ([], [])
    assert world.providers[SMALL.provider].asked == []


A_MINUTE = Caching(ttl=60.0)
STREAM = [Chunk(data=b"a", text="one "), Chunk(data=b"b", usage=USAGE), Chunk(data=b"c")]


def remembering(*small: Step, **changes: Any) -> World:
    """A world whose route keeps answers."""
    return World(small or STREAM, caching=changes.pop("caching", A_MINUTE), **changes)


async def test_a_kept_answer_is_given_again_chunk_by_chunk_and_nobody_is_asked() -> None:
    world = remembering()
    first = await world.ask(a_request(stream=True))
    assert await world.ask(a_request(stream=True)) == first == STREAM
    assert len(world.providers[SMALL.provider].asked) == 1


async def test_a_kept_answer_costs_nothing_and_leaves_one_row_that_says_so() -> None:
    world = remembering()
    await world.ask()
    await world.ask()
    paid, kept = world.ledger.events
    assert (paid.recalled, paid.cached, paid.cost) == (Recalled.MISS, False, 1_200_000)
    assert (kept.recalled, kept.cached, kept.outcome) == (Recalled.HIT, True, Outcome.OK)
    assert (kept.cost, kept.baseline_cost, kept.savings) == (0, 12_000_000, 12_000_000)
    assert (kept.usage, kept.attempts, kept.card, kept.quality, kept.share) == (USAGE, (), None, None, FREE)
    assert (kept.timings.answer, kept.charges) == (None, ())
    assert world.lengths.seen == [("small", "chat", 100)]


async def test_a_kept_answer_says_its_cost_while_it_lasts() -> None:
    world = remembering()
    await world.ask()
    async with world.chat() as answer:
        assert [chunk async for chunk in answer.chunks] == STREAM
        assert answer.costs() == (0, 12_000_000)
        assert (answer.winner.card, answer.meter.recalled) == (SMALL, Recalled.HIT)


async def test_a_kept_answer_is_given_where_a_budget_is_spent_and_charges_nothing() -> None:
    world = remembering(rules=rules_of(a_budget(nanos(Decimal("0.0013")))))
    await world.ask()
    await world.ask()
    assert world.ledger.events[-1].charges == ()
    with pytest.raises(OverBudget):
        await world.ask(a_request("something else"))


async def test_a_row_is_left_of_a_kept_answer_even_if_the_process_dies() -> None:
    world = remembering()
    await world.ask()
    await world.ask()
    row = world.ledger.reserved[-1]
    assert (row.cached, row.cost, row.card, row.outcome) == (True, 0, None, Outcome.ABANDONED)


async def test_a_kept_answer_is_given_while_the_store_holds_nothing() -> None:
    world = remembering()
    await world.ask()
    world.ledger.away = True
    assert len(await world.ask()) == 3
    assert world.ledger.events[-1].cached


@pytest.mark.parametrize(
    ("wishes", "recalled", "kept"),
    [
        (Wishes(fresh=True), Recalled.REFRESH, b"new"),
        (Wishes(unkept=True), Recalled.BYPASS, b"old"),
        (Wishes(fresh=True, unkept=True), Recalled.BYPASS, b"old"),
    ],
)
async def test_a_caller_can_have_a_new_answer(wishes: Wishes, recalled: Recalled, kept: bytes) -> None:
    world = remembering(Chunk(data=b"old"))
    await world.ask()
    world.providers[SMALL.provider].script, world.wishes = [Chunk(data=b"new")], wishes
    assert [chunk.data for chunk in await world.ask()] == [b"new"]
    assert world.ledger.events[-1].recalled is recalled
    world.wishes = Wishes()
    assert [chunk.data for chunk in await world.ask()] == [kept]


@pytest.mark.parametrize("request_", [a_request(hidden=True), a_request(kept=True)])
async def test_what_is_not_all_in_the_request_is_not_kept(request_: ChatRequest) -> None:
    world = remembering()
    await world.ask(request_)
    assert (world.event.recalled, world.cache.kept, world.cache.asked) == (Recalled.BYPASS, {}, [])


async def test_a_route_without_a_cache_looks_for_nothing() -> None:
    world = World(STREAM)
    await world.ask()
    assert (world.event.recalled, world.cache.asked, world.cache.kept) == (None, [], {})


async def test_a_broken_answer_is_not_kept() -> None:
    world = remembering(Chunk(data=b"a"), StreamBroken("gone"))
    with pytest.raises(StreamBroken):
        await world.ask()
    assert world.cache.kept == {}


async def test_an_answer_that_its_caller_left_is_not_kept() -> None:
    world = remembering()
    async with world.chat() as answer:
        await anext(answer.chunks)
    assert (world.event.recalled, world.cache.kept) == (Recalled.MISS, {})


async def test_an_answer_that_a_budget_cut_short_is_not_kept() -> None:
    world = remembering(rules=rules_of(a_budget(nanos(Decimal("0.002")), strict=True)))
    await world.ask()
    assert (world.event.outcome, world.cache.kept) == (Outcome.OK, {})


async def test_an_answer_that_failed_its_checks_is_not_kept_though_it_is_given() -> None:
    sorry = b'{"choices": [{"message": {"content": ""}, "finish_reason": "stop"}]}'
    world = remembering(Chunk(data=sorry), large=[ProviderTimeout("late")], cascade=CHECKED)
    await world.ask()
    assert (world.event.attempts[0].result, world.cache.kept) == ("empty", {})


@pytest.mark.parametrize(("most", "kept"), [(3, 1), (2, 0)])
async def test_an_answer_that_is_too_large_is_not_kept(most: int, kept: int) -> None:
    world = remembering(caching=replace(A_MINUTE, max_bytes=most))
    await world.ask()
    assert len(world.cache.kept) == kept


async def test_an_answer_by_a_model_that_would_not_be_asked_is_not_given() -> None:
    world = remembering()
    await world.ask()
    [name] = world.cache.kept
    world.cache.kept[name] = replace(world.cache.kept[name], model=a_card("retired").id)
    await world.ask()
    assert world.ledger.events[-1].recalled is Recalled.MISS


async def test_what_a_route_promises_is_a_part_of_the_question() -> None:
    world = remembering(cascade=replace(CHECKED, must_match=(re.compile("a"),)))
    await world.ask()
    [question] = world.cache.asked
    assert question.settings == ("auto", "0.5", "", *sorted(Flaw), "a")


class Refusing:
    """Lets no answer pass."""

    def after(self, text: str) -> None:
        raise GuardrailRefused("not this one")


class Watching:
    """Looks at answers, and leaves them as they are."""

    def after(self, text: str) -> None:
        return None


class Closed:
    """Lets no request pass."""

    def before(self, messages: Sequence[Any]) -> None:
        raise GuardrailRefused("not this one")


PLAIN = Chunk(data=b'{"choices":[{"index":0,"message":{"content":"hi"}}]}', usage=USAGE)


async def test_an_answer_that_a_guardrail_refuses_leaves_one_row_with_what_it_cost() -> None:
    world = World([PLAIN], hooks=[Refusing()])
    with pytest.raises(GuardrailRefused, match="The guardrail 'hook' refuses this: not this one"):
        await world.ask()
    assert (world.event.outcome, world.event.usage, world.event.cost) == (Outcome.REFUSED, USAGE, 1_200_000)


async def test_a_request_that_a_guardrail_refuses_leaves_no_row() -> None:
    world = World([PLAIN], hooks=[Closed()])
    incoming = replace(world.incoming(a_request()), receive=a_body)
    with pytest.raises(GuardrailRefused):
        async with world.gateway.chat(incoming):
            pytest.fail("it was answered")
    assert (world.ledger.events, world.ledger.reserved) == ([], [])


async def a_body() -> bytes:
    return b'{"messages":[{"role":"user","content":"hi"}]}'


async def test_an_answer_that_breaks_while_it_is_looked_at_is_given_to_nobody() -> None:
    world = World([PLAIN, StreamBroken("gone")], hooks=[Watching()])
    with pytest.raises(StreamBroken):
        async with world.chat():
            pytest.fail("it was given")
    assert world.event.outcome is Outcome.FAILED


async def test_an_answer_that_a_budget_cuts_is_looked_at_and_then_cut() -> None:
    pieces = [Chunk(data=b"data: {}\n\n", text="word " * 500) for _ in range(9)]
    rules = rules_of(a_budget(nanos(Decimal("0.0008")), strict=True))
    world = World(pieces, hooks=[Watching()], rules=rules)
    async with world.chat(a_request(stream=True)) as answer:
        assert await anext(answer.chunks) == pieces[0]
        with pytest.raises(BudgetEnded):
            [chunk async for chunk in answer.chunks]
