from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from routergate.domain.asset import Loaded
from routergate.domain.budget import Away, Budget, Limit, Measure, Policy, Rules, Scope
from routergate.domain.decision import Candidate, Decision, Estimate
from routergate.domain.errors import BudgetEnded, NoEligibleModel, StoreUnavailable
from routergate.domain.event import Attempt, UsageSource
from routergate.domain.identity import Attribution, Identity
from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import Nanos
from routergate.domain.refusals import BudgetHeld, OverBudget, RateLimited
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Line, Reply
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.ports import Chunk
from routergate.spend.book import Book
from routergate.spend.reservation import Reservation, Till
from support.builders import a_candidate, a_card, a_decision, a_rate_card, a_request, some_features
from support.events import an_event
from support.fakes import FakeProvider, ListLedger, WordCounter
from support.redis import HandClock
from support.restraints import a_budget, a_limit, rules_of

SMALL = a_card("small", prices=(a_rate_card("0", "1"),), context_tokens=1_000)
"""A token that is written costs 1,000 nano-dollars."""
LARGE = a_card("large", prices=(a_rate_card("0", "10"),), context_tokens=1_000)
AT = 1_700_000_000_000_000_000


def strict(limit: int, **changes: Any) -> Budget:
    return a_budget(limit, strict=True, **changes)


def decided(*cards: ModelCard, output: int = 50, **features: Any) -> Decision:
    def candidate(card: ModelCard) -> Candidate:
        cost = Nanos(1) if card.prices else None
        return a_candidate(card, output_tokens=output, cost=cost, quality=Estimate(mean=0.9, stderr=0.0))

    found = tuple(map(candidate, cards or (SMALL,)))
    return a_decision(candidates=found, features=some_features(**features))


@dataclass
class Shop:
    """A till, and its ledger."""

    rules: Rules
    ledger: ListLedger = field(default_factory=ListLedger)

    def __post_init__(self) -> None:
        self.till = Till(rules=self.rules, ledger=self.ledger, book=Book(), clock=HandClock())

    def reservation(
        self, decision: Decision | None = None, request: ChatRequest | None = None, name: str = "r"
    ) -> Reservation:
        who = Attribution(identity=Identity(key="key-1", organisation="acme"))
        decision = replace(decision or decided(), id=name)
        return self.till.reservation(decision, who, request or a_request(), AT)

    async def spend(self, cost: int, tokens: int = 0) -> None:
        """Let an earlier request have ended at a cost."""
        reservation = self.reservation(name=f"earlier-{cost}")
        await reservation.admit()
        event = an_event(id=f"earlier-{cost}", at=AT, cost=Nanos(cost), usage=Usage(output=tokens))
        self.ledger.settle(reservation.settled(event))


def shop(*rules: Budget | Limit) -> Shop:
    return Shop(rules_of(*rules))


def held(reservation: Reservation) -> list[int]:
    return [line.amount for line in reservation.lines]


async def test_without_rules_nothing_is_asked_of_the_request() -> None:
    reservation = shop().reservation()
    await reservation.admit()
    request = await reservation.cover(reservation.decision.chosen)
    assert (held(reservation), request, reservation.refused) == ([], a_request(), False)


async def test_what_is_likely_is_held_and_what_it_was_is_charged() -> None:
    place = shop(a_budget(1_000_000), a_limit(measure=Measure.CONCURRENCY, seconds=0))
    reservation = place.reservation()
    await reservation.admit()
    assert held(reservation) == [100_000, 1]
    assert [(one.spent, one.held) for one in reservation.standings] == [(0, 100_000), (0, 1)]
    [event] = place.ledger.reserved
    assert (event.usage_source, event.cost) == (UsageSource.RESERVED, 100_000)
    assert [one.amount for one in event.charges] == [100_000]

    settled = reservation.settled(an_event(cost=Nanos(7)))
    assert [one.amount for one in settled.charges] == [7]


async def test_a_strict_budget_holds_the_worst_case_and_says_the_limit_only_if_it_is_one() -> None:
    place = shop(strict(10_000_000))
    reservation = place.reservation()
    await reservation.admit()
    assert held(reservation) == [1_000_000]
    assert await reservation.cover(reservation.decision.chosen) == a_request()

    bounded = place.reservation(decided(replace(SMALL, max_output_tokens=400)), name="other")
    await bounded.admit()
    assert (await bounded.cover(bounded.decision.chosen)).max_output_tokens == 400
    assert (held(bounded), bounded.shortened) == ([400_000], False)


async def test_an_output_limit_of_the_caller_is_what_is_held() -> None:
    reservation = shop(strict(10_000_000)).reservation(
        decided(max_output_tokens=30), a_request(max_output_tokens=30)
    )
    await reservation.admit()
    assert held(reservation) == [30_000]
    assert await reservation.cover(reservation.decision.chosen) == a_request(max_output_tokens=30)


async def test_the_end_of_a_strict_budget_shortens_the_answer() -> None:
    place = shop(strict(1_500_000))
    await place.spend(1_000_000)
    reservation = place.reservation()
    await reservation.admit()
    request = await reservation.cover(reservation.decision.chosen)
    assert (held(reservation), reservation.shortened) == ([500_000], True)
    assert request.max_output_tokens == 500


async def test_the_tightest_of_several_strict_budgets_shortens_the_answer() -> None:
    place = shop(strict(900_000), strict(60, measure=Measure.OUTPUT_TOKENS, scope=Scope.KEY))
    reservation = place.reservation()
    await reservation.admit()
    assert (held(reservation), reservation.shortened) == ([60_000, 60], True)


async def test_an_answer_that_would_be_too_short_is_refused() -> None:
    place = shop(strict(1_010_000))
    await place.spend(1_000_000)
    reservation = place.reservation()
    with pytest.raises(OverBudget, match=r"up to 0\.000016 USD needed"):
        await reservation.admit()
    assert reservation.refused


async def test_what_running_requests_hold_is_not_spent() -> None:
    place = shop(strict(1_500_000))
    await place.reservation(name="running").admit()
    with pytest.raises(BudgetHeld):
        await place.reservation().admit()


async def test_a_rate_limit_shortens_nothing() -> None:
    place = shop(strict(10_000_000), a_limit(100))
    reservation = place.reservation()
    with pytest.raises(RateLimited):
        await reservation.admit()
    assert (reservation.refused, held(reservation)) == (True, [])


async def test_a_model_without_a_price_is_left_out_under_a_budget_in_money() -> None:
    free = a_card("unpriced", prices=())
    reservation = shop(a_budget(10_000_000)).reservation(decided(free, SMALL))
    await reservation.admit()
    assert [one.card.id for one in reservation.decision.candidates] == ["small"]
    assert [one.model for one in reservation.decision.rejected] == ["unpriced"]

    alone = shop(a_budget(10_000_000)).reservation(decided(free))
    with pytest.raises(NoEligibleModel, match="unpriced has no known price, and a budget in money applies"):
        await alone.admit()
    assert alone.refused


def bearing(decision: Decision, *shares: Loaded | None) -> Decision:
    """The same candidates, each with its share of fixed costs."""
    pairs = zip(decision.candidates, shares, strict=True)
    return replace(decision, candidates=tuple(replace(one, share=share) for one, share in pairs))


SHARE = Loaded(hosting=Nanos(20_000), maintenance=Nanos(5_000))


async def test_a_budget_with_basis_loaded_counts_the_share_of_fixed_costs() -> None:
    place = shop(a_budget(1_000_000), a_budget(1_000_000, measure=Measure.LOADED))
    reservation = place.reservation(bearing(decided(), SHARE))
    await reservation.admit()
    assert held(reservation) == [100_000, 125_000]

    settled = reservation.settled(an_event(cost=Nanos(7), share=SHARE))
    assert [one.amount for one in settled.charges] == [7, 25_007]
    [reserved] = place.ledger.reserved
    assert reserved.loaded == 125_000


async def test_a_strict_budget_with_basis_loaded_makes_an_answer_shorter() -> None:
    reservation = shop(strict(525_000, measure=Measure.LOADED)).reservation(bearing(decided(), SHARE))
    await reservation.admit()
    assert (held(reservation), reservation.need and reservation.need.output_limit) == ([525_000], 500)


async def test_a_model_whose_share_nobody_knows_is_left_out_under_a_loaded_budget() -> None:
    budget = a_budget(10_000_000, measure=Measure.LOADED)
    reservation = shop(budget).reservation(bearing(decided(SMALL, LARGE), None, SHARE))
    await reservation.admit()
    assert [one.card.id for one in reservation.decision.candidates] == ["large"]

    alone = shop(budget).reservation(bearing(decided(), None))
    with pytest.raises(NoEligibleModel, match="small has no known share of fixed costs"):
        await alone.admit()


async def test_a_loaded_budget_may_allow_models_whose_share_nobody_knows() -> None:
    place = shop(a_budget(10_000_000, measure=Measure.LOADED, unpriced=True), a_budget(10_000_000))
    reservation = place.reservation(bearing(decided(), None))
    await reservation.admit()
    assert [(line.counter.measure, line.amount) for line in reservation.lines] == [(Measure.CASH, 100_000)]


async def test_a_loaded_budget_names_itself_when_it_refuses() -> None:
    with pytest.raises(OverBudget, match=r"up to 0\.000125 USD needed") as refused:
        await shop(a_budget(5, measure=Measure.LOADED)).reservation(bearing(decided(), SHARE)).admit()
    assert refused.value.facts["measure"] == "loaded_usd"


async def test_a_budget_may_allow_models_without_a_price() -> None:
    place = shop(a_budget(10_000_000, unpriced=True), a_budget(5_000, measure=Measure.TOKENS))
    reservation = place.reservation(decided(a_card("unpriced", prices=())))
    await reservation.admit()
    assert held(reservation) == [200]


async def test_a_reached_budget_may_ask_for_a_cheaper_model() -> None:
    place = shop(a_budget(50_000, when_reached=Policy.DOWNGRADE))
    reservation = place.reservation(decided(LARGE, replace(SMALL, prices=(a_rate_card("0", "0.1"),))))
    reservation.decision = replace(
        reservation.decision,
        candidates=(
            replace(reservation.decision.candidates[0], cost=Nanos(9)),
            reservation.decision.candidates[1],
        ),
    )
    await reservation.admit()
    assert [one.card.id for one in reservation.decision.candidates] == ["small", "large"]
    assert held(reservation) == [10_000]


async def test_a_reached_budget_that_leaves_no_model_refuses() -> None:
    with pytest.raises(OverBudget):
        await shop(a_budget(5, when_reached=Policy.OWN_MODELS)).reservation().admit()


async def test_own_models_serve_on_once_the_budget_is_reached() -> None:
    ours = replace(SMALL, model_class=ModelClass.SELF_HOSTED)
    reservation = shop(a_budget(5, when_reached=Policy.OWN_MODELS)).reservation(decided(LARGE, ours))
    await reservation.admit()
    assert [one.card.id for one in reservation.decision.candidates] == ["small"]


async def test_a_dearer_model_is_covered_before_it_is_asked() -> None:
    place = shop(a_budget(1_000_000))
    reservation = place.reservation(decided(SMALL, LARGE))
    await reservation.admit()
    await reservation.cover(reservation.decision.candidates[0])
    assert held(reservation) == [100_000]
    await reservation.cover(reservation.decision.candidates[1])
    assert held(reservation) == [1_000_000]


async def test_a_dearer_model_that_does_not_fit_leaves_what_is_held() -> None:
    reservation = shop(a_budget(900_000)).reservation(decided(SMALL, LARGE))
    await reservation.admit()
    with pytest.raises(OverBudget):
        await reservation.cover(reservation.decision.candidates[1])
    assert (held(reservation), reservation.refused) == ([100_000], False)


async def test_another_model_is_shortened_by_itself() -> None:
    reservation = shop(strict(2_000_000)).reservation(decided(LARGE, SMALL))
    await reservation.admit()
    assert (held(reservation), reservation.shortened) == ([2_000_000], True)
    await reservation.cover(reservation.decision.candidates[1])
    assert (held(reservation), reservation.shortened) == ([1_000_000], False)


async def test_while_the_store_is_away_the_process_counts_for_itself() -> None:
    place = shop(a_budget(150_000))
    place.ledger.away = True
    reservation = place.reservation()
    await reservation.admit()
    assert held(reservation) == [100_000]
    turned_away = place.reservation(name="second")
    with pytest.raises(BudgetHeld):
        await turned_away.admit()
    assert not turned_away.refused, "the store may hold something for it: its event lets that go"
    reservation.settled(an_event(id="r", cost=Nanos(10_000)))
    await place.reservation(name="third").admit()


async def test_a_budget_may_refuse_while_the_store_is_away() -> None:
    place = shop(a_budget(150_000, when_store_away=Away.REFUSE))
    place.ledger.away = True
    reservation = place.reservation()
    with pytest.raises(StoreUnavailable):
        await reservation.admit()
    assert not reservation.refused


async def answered(
    reservation: Reservation, texts: Sequence[str], passed: list[Chunk] | None = None, *, admit: bool = True
) -> int:
    """How many pieces of an answer come through."""
    passed = [] if passed is None else passed
    if admit:
        await reservation.admit()
    meter = Meter(HandClock(), 0.0)
    meter.answered(reservation.decision.chosen, Chunk(data=b"", text=texts[0]))

    async def rest() -> AsyncGenerator[Chunk, None]:
        for text in texts[1:]:
            yield Chunk(data=b"", text=text)

    seen = meter.watch(Chunk(data=b"", text=texts[0]), rest())
    async for chunk in reservation.within(seen, meter, WordCounter()):
        passed.append(chunk)
    return len(passed)


async def test_an_answer_within_what_is_held_passes() -> None:
    reservation = shop(strict(10_000_000)).reservation()
    assert await answered(reservation, ["one two"] * 10) == 10
    assert held(reservation) == [1_000_000]


async def test_an_answer_that_outgrows_a_guess_holds_more() -> None:
    reservation = shop(a_budget(1_000_000)).reservation(decided(output=5))
    assert await answered(reservation, ["one two three four "] * 10) == 10
    assert held(reservation) == [64_000]


async def test_a_promised_answer_goes_on_where_no_more_can_be_held() -> None:
    reservation = shop(a_budget(20_000)).reservation(decided(output=5))
    assert await answered(reservation, ["one two three four "] * 10) == 10
    assert held(reservation) == [16_000]


@pytest.mark.parametrize(("limit", "pieces"), [(20_000, 8), (None, 11)])
async def test_a_provider_that_does_not_heed_the_limit_is_cut(limit: int | None, pieces: int) -> None:
    """Soon after 28 tokens where a budget made the answer shorter, and after 35 where the caller did."""
    reservation = shop(strict(limit or 1_000_000)).reservation(
        decided(max_output_tokens=None if limit else 20)
    )
    passed: list[Chunk] = []
    with pytest.raises(BudgetEnded):
        await answered(reservation, ["one two three four "] * 20, passed)
    assert len(passed) == pieces


async def test_a_promised_answer_goes_on_while_the_store_is_away() -> None:
    place = shop(a_budget(10**9, when_store_away=Away.REFUSE))
    reservation = place.reservation(decided(output=5))
    await reservation.admit()
    place.ledger.away = True
    assert await answered(reservation, ["one two three four "] * 10, admit=False) == 10


async def test_what_was_never_admitted_is_not_counted() -> None:
    reservation = shop(a_budget(10)).reservation()
    meter = Meter(HandClock(), 0.0)
    first = Chunk(data=b"", text="a word")
    meter.answered(reservation.decision.chosen, first)

    async def rest() -> AsyncGenerator[Chunk, None]:
        yield first

    passed = [chunk async for chunk in reservation.within(meter.watch(first, rest()), meter, WordCounter())]
    assert (len(passed), held(reservation)) == (2, [])


async def test_strict_budgets_are_reserved_durably() -> None:
    seen: list[bool] = []

    @dataclass
    class Noting(ListLedger):
        async def reserve(self, event: Any, lines: Sequence[Line], *, durable: bool = False) -> Reply:
            seen.append(durable)
            return await super().reserve(event, lines, durable=durable)

    await Shop(rules_of(strict(10**9)), Noting()).reservation().admit()
    await Shop(rules_of(a_budget(10**9)), Noting()).reservation().admit()
    assert seen == [True, False]


@pytest.mark.parametrize(
    ("rule", "own"),
    [
        (a_budget(0, scope=Scope.MODEL, of="small"), "small"),
        (a_limit(0, scope=Scope.PROVIDER, of="small-provider", measure=Measure.REQUESTS), "small"),
    ],
)
async def test_a_model_at_its_own_limit_is_passed_over(rule: Budget | Limit, own: str) -> None:
    reservation = Shop(rules_of(rule)).reservation(decided(SMALL, LARGE))
    await reservation.admit()
    assert [one.card.id for one in reservation.decision.candidates] == ["large"]
    [out] = reservation.decision.rejected
    assert (out.model, reservation.refused) == (own, False)
    assert "at its limit" in out.reason


async def test_if_every_model_is_at_its_limit_the_request_is_refused() -> None:
    shop = Shop(rules_of(a_budget(0, scope=Scope.MODEL)))
    with pytest.raises(OverBudget, match="model 'large'"):
        await shop.reservation(decided(SMALL, LARGE)).admit()


async def test_what_a_rejected_answer_held_stays_held_beside_the_next() -> None:
    place = shop(a_budget(10_000_000))
    reservation = place.reservation(decided(SMALL, LARGE))
    await reservation.admit()
    assert held(reservation) == [100_000]
    await reservation.cover(reservation.decision.candidates[1], 1)
    assert held(reservation) == [100_000 + 1_000_000]
    await reservation.cover(reservation.decision.candidates[0], 1)
    assert held(reservation) == [100_000 + 100_000]


async def test_what_stays_held_has_its_share_of_fixed_costs() -> None:
    share = SHARE.total
    for budget, small, large in (
        (a_budget(10**9, measure=Measure.LOADED), 100_000, 1_000_000),
        (strict(10**9, measure=Measure.LOADED), 1_000_000, 10_000_000),
        (strict(6_000_000, measure=Measure.LOADED), 1_000_000, 4_950_000),
    ):
        reservation = shop(budget).reservation(bearing(decided(SMALL, LARGE), SHARE, SHARE))
        await reservation.admit()
        assert held(reservation) == [small + share]
        await reservation.cover(reservation.decision.candidates[1], 1)
        assert held(reservation) == [small + large + 2 * share]


async def test_both_answers_must_fit_into_a_strict_budget() -> None:
    place = shop(strict(5_000_000))
    reservation = place.reservation(decided(SMALL, LARGE))
    await reservation.admit()
    assert held(reservation) == [1_000_000]
    request = await reservation.cover(reservation.decision.candidates[1], 1)
    # One million stays for the first answer: room for 400 tokens at 10,000.
    assert (held(reservation), request.max_output_tokens) == ([5_000_000], 400)


async def test_a_better_answer_that_does_not_fit_leaves_what_was_held() -> None:
    place = shop(a_budget(1_000_000))
    reservation = place.reservation(decided(SMALL, LARGE))
    await reservation.admit()
    with pytest.raises(OverBudget):
        await reservation.cover(reservation.decision.candidates[1], 1)
    assert held(reservation) == [100_000]
    # The first answer is given after all, and grows beyond what was likely.
    meter = Meter(HandClock(), 0.0)
    words = Chunk(data=b"a", text="word " * 150)
    meter.answered(reservation.decision.chosen, words)
    chunks = meter.watch(words, FakeProvider(()).answer(a_request(), SMALL))
    assert [chunk async for chunk in reservation.within(chunks, meter, WordCounter())] == [words]
    assert held(reservation) == [300_000]


async def test_what_is_kept_for_a_rejected_answer_does_not_make_the_next_one_longer() -> None:
    reservation = shop(a_budget(10_000_000)).reservation(decided(SMALL, LARGE))
    await reservation.admit()
    await reservation.cover(reservation.decision.candidates[1], 1)
    meter = Meter(HandClock(), 0.0)
    words = Chunk(data=b"a", text="word " * 150)
    meter.answered(reservation.decision.candidates[1], words)
    chunks = meter.watch(words, FakeProvider(()).answer(a_request(), LARGE))
    _ = [chunk async for chunk in reservation.within(chunks, meter, WordCounter())]
    assert held(reservation) == [100_000 + 3_000_000]


async def test_tokens_of_rejected_answers_are_charged() -> None:
    reservation = shop(a_budget(10_000, measure=Measure.TOKENS)).reservation()
    await reservation.admit()
    call = replace(an_event().attempts[0], usage=Usage(output=7), cost=Nanos(5))
    event = an_event(usage=Usage(output=3), attempts=(call, *an_event().attempts))
    assert [one.amount for one in reservation.settled(event).charges] == [10]


async def hedged(rule: Budget | Limit, *cards: ModelCard) -> Reservation:
    """A request that holds what two calls at the same time may cost."""
    reservation = shop(rule).reservation(decided(*cards))
    await reservation.admit()
    await reservation.cover(reservation.decision.candidates[0])
    await reservation.cover(reservation.decision.candidates[-1], 1)
    return reservation


def outrun(model: str) -> Attempt:
    return Attempt(model=model, provider="p", result="outrun", seconds=1.0)


async def test_two_calls_at_the_same_time_are_both_held() -> None:
    assert held(await hedged(a_budget(2_000_000), SMALL, LARGE)) == [1_100_000]
    assert held(await hedged(a_budget(2_000_000), SMALL)) == [200_000]


@pytest.mark.parametrize(("late", "left"), [("small", 100_000), ("large", 1_000_000)])
async def test_for_a_call_that_was_outrun_what_was_set_aside_is_charged(late: str, left: int) -> None:
    reservation = await hedged(a_budget(2_000_000), SMALL, LARGE)
    settled = reservation.settled(an_event(cost=Nanos(7), attempts=(outrun(late),)))
    assert [one.amount for one in settled.charges] == [7 + left]


async def test_one_of_two_calls_to_the_same_model_was_outrun() -> None:
    reservation = await hedged(a_budget(2_000_000), SMALL)
    settled = reservation.settled(an_event(cost=Nanos(7), attempts=(outrun("small"),)))
    assert [one.amount for one in settled.charges] == [100_007]


async def test_a_request_is_one_request_however_many_calls_it_makes() -> None:
    reservation = await hedged(a_limit(10, measure=Measure.REQUESTS), SMALL, LARGE)
    settled = reservation.settled(an_event(attempts=(outrun("small"),)))
    assert [one.amount for one in settled.charges] == [1]


async def test_the_answer_that_is_given_is_measured_by_what_is_held_for_it() -> None:
    """The second of two calls was asked last, but the first one has answered."""
    small = replace(SMALL, max_output_tokens=20)
    reservation = await hedged(strict(100_000_000), LARGE, small)
    assert await answered(reservation, ["one two three four "] * 10, admit=False) == 10


async def test_an_answer_that_goes_on_elsewhere_is_measured_anew() -> None:
    reservation = shop(a_budget(10_000_000)).reservation(decided(SMALL, LARGE, output=5))
    await reservation.admit()
    meter, first = Meter(HandClock(), 0.0), Chunk(data=b"", text="one two three four ")
    meter.answered(reservation.decision.chosen, first)

    async def rest() -> AsyncGenerator[Chunk, None]:
        yield first
        meter.broke("cut")
        await reservation.cover(reservation.decision.candidates[1], meter.beside)
        meter.answered(reservation.decision.candidates[1], first)
        for _ in range(9):
            yield first

    seen = meter.watch(first, rest())
    assert len([chunk async for chunk in reservation.within(seen, meter, WordCounter())]) == 11
    # Twice the 8 tokens of the first model stay held, beside twice the 32 that the second one had come to.
    assert held(reservation) == [16_000 + 640_000]
