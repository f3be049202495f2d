from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import Asset, Loaded, Maintenance, Method, Revision, loaded_cost
from routergate.domain.money import Nanos
from support.assets import FEBRUARY, JANUARY, MARCH, a_training, an_asset

amounts = st.integers(-(10**15), 10**15).map(Nanos)
loads = st.builds(Loaded, hosting=amounts, depreciation=amounts, maintenance=amounts)


@pytest.mark.parametrize(
    "wrong",
    [
        {"salvage": Decimal(400_001)},
        {"salvage": Decimal(-1)},
        {"life_months": None},
        {"method": Method.UNITS_OF_PRODUCTION},
        {"factor": Decimal("0.5")},
        {"revisions": (Revision(served=2, remaining_requests=1), Revision(served=1, remaining_requests=1))},
    ],
)
def test_a_training_that_cannot_be_written_off_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"salvage|needs|factor|revisions"):
        a_training(**wrong)


def test_an_asset_cannot_be_retired_before_it_is_in_service() -> None:
    with pytest.raises(ValueError, match="before it is in service"):
        an_asset(retired=JANUARY)


def test_an_asset_is_paid_for_from_its_first_day_to_the_day_before_it_is_retired() -> None:
    asset = an_asset(retired=MARCH)

    assert [asset.active(day) for day in (date(2025, 12, 31), JANUARY, date(2026, 2, 28), MARCH)] == [
        False,
        True,
        True,
        False,
    ]


def test_an_asset_may_be_hosted_before_its_training_is_done() -> None:
    asset = an_asset(start=date(2025, 11, 1))
    assert asset.active(date(2025, 12, 1))


def test_an_asset_without_a_first_day_has_always_been_there() -> None:
    assert Asset().active(date(1999, 1, 1))
    assert Asset(retired=FEBRUARY).active(JANUARY)


def test_retraining_is_spread_until_the_next_time() -> None:
    upkeep = Maintenance(monthly=Decimal(1_000), retraining=Decimal(30_000), retraining_months=6)
    assert upkeep.per_month == 6_000


@given(loads, loads)
def test_what_is_added_can_be_taken_away(one: Loaded, other: Loaded) -> None:
    assert one + other - other == one
    assert (one + other).total == one.total + other.total


def test_a_loaded_cost_is_unknown_if_a_part_of_it_is() -> None:
    share = Loaded(hosting=Nanos(1), depreciation=Nanos(2), maintenance=Nanos(3))

    assert loaded_cost(Nanos(4), share) == 10
    assert loaded_cost(None, share) is None
    assert loaded_cost(Nanos(4), None) is None
