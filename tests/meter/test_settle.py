"""What an answer costs in the service tier that it was given."""

from dataclasses import replace
from decimal import Decimal

import pytest

from routergate.domain.event import UsageSource
from routergate.domain.model import ModelCard
from routergate.domain.rates import Tariff
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import attempts, costs, reckoned, used
from routergate.ports import Chunk
from support.builders import DAY, a_candidate, a_card, a_decision, a_rate_card, some_features
from support.fakes import WordCounter
from support.redis import HandClock

FAST = Tariff(input=Decimal(5), output=Decimal(5))
ONE = Usage(input_uncached=1)
AT = 1_800_000_000_000_000_000
"""Some day in 2027."""
MINI = a_card(prices=(a_rate_card("1", "1", service_tiers={"priority": FAST}),))
LARGE = a_card("large", prices=(a_rate_card("3", "3"),))


def answered(told: str | None) -> Meter:
    """An answer that says how it was served."""
    meter = Meter(HandClock(), 0.0)
    meter.answered(a_candidate(MINI), Chunk(data=b"a", service_tier=told))
    return meter


@pytest.mark.parametrize(
    ("told", "asked", "nanos"),
    [
        (None, None, 1_000),
        ("priority", None, 5_000),
        (None, "priority", 5_000),
        ("default", "priority", 1_000),
        ("flex", None, None),
    ],
)
def test_the_tier_of_the_answer_or_else_of_the_request_is_paid(
    told: str | None, asked: str | None, nanos: int | None
) -> None:
    decision = a_decision(MINI, features=some_features(service_tier=asked))
    assert costs(decision, answered(told), ONE, DAY) == (nanos, None)


def test_the_time_of_the_answer_is_paid_to_its_last_byte() -> None:
    own = a_card(prices=(a_rate_card("0", "0", per_second=Decimal("0.0006")),))
    clock = HandClock(seconds=1.0)
    meter = Meter(clock, 0.0, asked=1.0)
    meter.answered(a_candidate(own), Chunk(data=b"a"))
    clock.seconds = 2.5
    decision = a_decision(own, baseline=own)
    assert costs(decision, meter, ONE, DAY) == (900_000, None)
    assert meter.seen
    meter.seen.end(1.5)
    assert costs(decision, meter, ONE, DAY) == (300_000, None)


def test_the_baseline_is_served_as_the_answer_was_if_it_can_be() -> None:
    decision = a_decision(MINI, baseline=LARGE)
    assert costs(decision, answered("priority"), ONE, DAY) == (5_000, 3_000)
    fast = replace(LARGE, prices=(a_rate_card("3", "3", service_tiers={"priority": FAST}),))
    assert costs(replace(decision, baseline=fast), answered("priority"), ONE, DAY) == (5_000, 5_000)


def test_a_tier_that_was_told_once_stays() -> None:
    meter = answered("priority")
    assert meter.seen is not None
    meter.seen.see(Chunk(data=b"b"))
    assert meter.seen.service_tier == "priority"


def test_without_an_answer_nothing_is_owed() -> None:
    meter = Meter(HandClock(), 0.0)
    assert costs(a_decision(MINI, baseline=LARGE), meter, Usage(), DAY) == (0, 0)
    assert costs(a_decision(MINI), meter, Usage(), DAY) == (0, None)
    assert costs(a_decision(MINI, baseline=LARGE), meter, None, DAY) == (None, None)


def test_an_answer_that_breaks_off_has_the_input_that_was_told_and_the_output_that_was_seen() -> None:
    meter = Meter(HandClock(), 0.0)
    told = Usage(input_uncached=5, cache_read=60)
    meter.answered(a_candidate(MINI), Chunk(data=b"a", opening=told))
    assert meter.seen
    meter.seen.see(Chunk(data=b"b", text="two words"))
    usage, source = used(a_decision(MINI), meter, WordCounter())
    assert (usage, source) == (replace(told, output=2), UsageSource.COUNTED)


def rejected(first: ModelCard, usage: Usage | None) -> Meter:
    """An answer by `MINI`, after one that was rejected."""
    meter = Meter(HandClock(), 0.0)
    meter.answered(a_candidate(first), Chunk(data=b"a", usage=usage, text="two words"))
    meter.reject("empty", (), 0.0)
    meter.answered(a_candidate(MINI), Chunk(data=b"b", usage=ONE))
    return meter


@pytest.mark.parametrize(
    ("usage", "tokens", "nanos"),
    [(Usage(output=4), Usage(output=4), 12_000), (None, Usage(input_uncached=100, output=2), 306_000)],
)
def test_a_rejected_answer_is_paid_by_the_providers_count_or_else_by_ours(
    usage: Usage | None, tokens: Usage, nanos: int
) -> None:
    decision = a_decision(MINI, baseline=MINI)
    meter = rejected(LARGE, usage)
    calls = attempts(decision, meter, WordCounter(), DAY)
    assert [(call.result, call.usage, call.cost) for call in calls] == [
        ("empty", tokens, nanos),
        ("ok", None, None),
    ]
    assert costs(decision, meter, ONE, DAY, calls) == (nanos + 1_000, 1_000)


def test_each_answer_is_paid_for_its_own_seconds() -> None:
    own, clock = a_card(prices=(a_rate_card("0", "0", per_second=Decimal("0.001")),)), HandClock()
    meter = Meter(clock, 0.0)
    meter.answered(a_candidate(own), Chunk(data=b"a", usage=ONE))
    clock.seconds = 2.0
    meter.over(meter.reject("empty", (), 0.0))
    meter.asked = clock.seconds
    meter.answered(a_candidate(own), Chunk(data=b"b", usage=ONE))
    clock.seconds = 5.0
    calls = attempts(a_decision(own), meter, WordCounter(), DAY)
    assert (calls[0].cost, meter.answering) == (2_000_000, 3.0)
    assert costs(a_decision(own), meter, ONE, DAY, calls) == (5_000_000, None)


def test_a_rejected_answer_without_usage_has_the_input_that_was_told() -> None:
    meter, told = Meter(HandClock(), 0.0), Usage(cache_read=60)
    meter.answered(a_candidate(MINI), Chunk(data=b"a", opening=told, text="two words"))
    meter.reject("refusal", (), 0.0)
    [call] = attempts(a_decision(MINI), meter, WordCounter(), DAY)
    assert call.usage == replace(told, output=2)


def test_a_rejected_answer_at_an_unknown_price_makes_the_whole_unknown() -> None:
    decision, meter = a_decision(MINI), rejected(a_card(prices=()), ONE)
    calls = attempts(decision, meter, WordCounter(), DAY)
    assert costs(decision, meter, ONE, DAY, calls) == (None, None)


def test_a_rejected_answer_is_owed_even_if_no_other_came() -> None:
    meter = Meter(HandClock(), 0.0)
    meter.answered(a_candidate(LARGE), Chunk(data=b"a", usage=ONE))
    meter.reject("empty", (), 0.0)
    decision = a_decision(MINI, baseline=LARGE)
    calls = attempts(decision, meter, WordCounter(), DAY)
    assert used(decision, meter, WordCounter())[0] == Usage()
    assert costs(decision, meter, Usage(), DAY, calls) == (3_000, 0)


def test_an_answer_that_is_over_is_reckoned_once() -> None:
    meter, decision = answered(None), a_decision(MINI)
    before = reckoned(decision, meter, WordCounter(), AT)
    assert reckoned(decision, meter, WordCounter(), AT) is not before
    assert meter.seen is not None
    meter.seen.end(1.0)
    once = reckoned(decision, meter, WordCounter(), AT)
    assert reckoned(decision, meter, WordCounter(), AT) is once
    assert once == before
