"""What an answer costs in the service tier that it was given."""

from dataclasses import replace
from decimal import Decimal

import pytest

from routergate.domain.event import UsageSource
from routergate.domain.rates import Tariff
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import costs, used
from routergate.ports import Chunk
from support.builders import DAY, a_candidate, a_card, a_decision, a_rate_card, some_features
from support.fakes import WordCounter
from support.redis import HandClock

FAST = Tariff(input=Decimal(5), output=Decimal(5))
ONE = Usage(input_uncached=1)
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
    meter = answered(None)
    meter.winner, meter.asked = a_candidate(own), 1.0
    meter.clock = HandClock(seconds=2.5)
    decision = a_decision(own, baseline=own)
    assert costs(decision, meter, ONE, DAY) == (900_000, None)
    meter.last_chunk = 1.5
    assert costs(decision, meter, ONE, DAY) == (300_000, None)


def test_the_baseline_is_served_as_the_answer_was_if_it_can_be() -> None:
    decision = a_decision(MINI, baseline=LARGE)
    assert costs(decision, answered("priority"), ONE, DAY) == (5_000, 3_000)
    fast = replace(LARGE, prices=(a_rate_card("3", "3", service_tiers={"priority": FAST}),))
    assert costs(replace(decision, baseline=fast), answered("priority"), ONE, DAY) == (5_000, 5_000)


def test_a_tier_that_was_told_once_stays() -> None:
    meter = answered("priority")
    meter._see(Chunk(data=b"b"))
    assert meter.service_tier == "priority"


def test_without_an_answer_nothing_is_owed() -> None:
    meter = Meter(HandClock(), 0.0)
    assert costs(a_decision(MINI, baseline=LARGE), meter, Usage(), DAY) == (0, 0)
    assert costs(a_decision(MINI), meter, Usage(), DAY) == (0, None)
    assert costs(a_decision(MINI, baseline=LARGE), meter, None, DAY) == (None, None)


def test_an_answer_that_breaks_off_has_the_input_that_was_told_and_the_output_that_was_seen() -> None:
    meter = Meter(HandClock(), 0.0)
    told = Usage(input_uncached=5, cache_read=60)
    meter.answered(a_candidate(MINI), Chunk(data=b"a", opening=told))
    meter._see(Chunk(data=b"b", text="two words"))
    usage, source = used(a_decision(MINI), meter, WordCounter())
    assert (usage, source) == (replace(told, output=2), UsageSource.COUNTED)
