"""What a row would cost today; a table, without a store."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from routergate.domain.event import UsageSource
from routergate.domain.model import ModelCard, ModelId, ProviderId, RateCard
from routergate.domain.money import Nanos
from routergate.domain.rates import Tariff
from routergate.domain.usage import Usage
from routergate.ledger.record import EventRow, row
from routergate.ledger.repricing import Change, Costs, Left, anew
from support.builders import a_rate_card
from support.events import LARGE, MINI, an_event

BATCH = Tariff(input=Decimal(1), output=Decimal(4))
DEAR = a_rate_card("2", "8", service_tiers={"batch": BATCH})
TIMED = a_rate_card("0", "0", per_second=Decimal("0.001"), tokens_per_second=Decimal(80))


def models(card: RateCard | None = DEAR, *others: ModelCard) -> dict[ModelId, ModelCard]:
    mini = replace(MINI, prices=(card,) if card else ())
    return {one.id: one for one in (mini, *others)}


def a_row(**changes: Any) -> EventRow:
    """100 tokens read and 20 written, booked at 2 000 000 and 10 000 000 nano-dollars."""
    return row(an_event(**changes))


@pytest.mark.parametrize(
    ("changes", "card", "costs"),
    [
        ({}, DEAR, (360_000, 10_000_000)),
        ({"service_tier": "batch"}, DEAR, (180_000, 10_000_000)),
        ({"asked_tier": "batch"}, DEAR, (180_000, 10_000_000)),
        ({"service_tier": "default", "asked_tier": "batch"}, DEAR, (360_000, 10_000_000)),
        ({"service_tier": "scale"}, DEAR, Left.PRICE),
        ({"cost": None}, DEAR, (360_000, 10_000_000)),
        ({"cost": None}, None, (None, 10_000_000)),
        ({}, None, Left.PRICE),
        ({}, TIMED, Left.TIME),
        ({"timings": replace(an_event().timings, answer=1.5)}, TIMED, (1_500_000, 10_000_000)),
        ({"usage_source": UsageSource.RESERVED}, DEAR, Left.RESERVED),
        ({"card": None}, DEAR, (2_000_000, 10_000_000)),
        ({"usage": None, "cost": None}, DEAR, (None, 10_000_000)),
        ({"card": LARGE}, DEAR, Left.MODEL),
        ({"card": replace(MINI, provider=ProviderId("other"))}, DEAR, Left.MODEL),
    ],
)
def test_a_row_is_priced_as_its_request_would_be_today(
    changes: dict[str, Any], card: RateCard | None, costs: Costs | Left
) -> None:
    assert anew(a_row(**changes), models(card)) == costs


@pytest.mark.parametrize(("paid", "costs"), [(Nanos(70), (360_070, 10_000_000)), (None, Left.PRICE)])
def test_rejected_answers_stay_at_what_they_were_booked_at(paid: Nanos | None, costs: Costs | Left) -> None:
    rejected = replace(an_event().attempts[0], usage=Usage(output=7), cost=paid)
    assert anew(a_row(attempts=(rejected, *an_event().attempts)), models()) == costs


def test_the_baseline_is_priced_anew_where_it_is_known() -> None:
    large = replace(LARGE, prices=(a_rate_card("20", "80"),))
    assert anew(a_row(), models(DEAR, large)) == (360_000, 3_600_000)
    assert anew(a_row(), models(DEAR, replace(large, prices=()))) == (360_000, 10_000_000)


def test_a_row_from_before_the_tier_was_written_down_is_left_alone() -> None:
    old = msgspec.structs.replace(a_row(), asked_tier=None)
    assert anew(old, models()) is Left.TIER


def test_tokens_of_a_later_bucket_are_none_in_older_rows() -> None:
    old = msgspec.structs.replace(a_row(usage=Usage(cache_write=100)), cache_write_1h=None)
    assert anew(old, models()) == (200_000, 10_000_000)


def test_changes_add_up() -> None:
    one = Change.of(a_row(), (5, None))
    assert one + Change.of(a_row(cost=None), (7, 8)) == Change(
        rows=2,
        unpriced=1,
        cost_before=2_000_000,
        cost_after=12,
        baseline_before=20_000_000,
        baseline_after=8,
    )
