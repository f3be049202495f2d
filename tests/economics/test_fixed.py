from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from routergate.domain.asset import (
    FREE,
    Allocation,
    Asset,
    Hosting,
    HostingUnmeasured,
    Loaded,
    Maintenance,
    Method,
    Revision,
    Volume,
)
from routergate.domain.money import Nanos, nanos
from routergate.domain.totals import Measures
from routergate.economics.fixed import (
    busy_in,
    by_requests,
    charge,
    counted_since,
    expected,
    hosted,
    share,
    unamortised,
)
from routergate.economics.months import instant
from support.assets import FEBRUARY, JANUARY, MARCH, a_training, an_asset

NOON = instant(date(2026, 4, 10))
UNITS = a_training(method=Method.UNITS_OF_PRODUCTION, expected_requests=10_000_000, life_months=None)
MONTHLY = Asset(hosting=Hosting(monthly=Decimal(3_000)), maintenance=Maintenance(monthly=Decimal(600)))
KNOWN = Volume(monthly=100_000)


def dollars(**amounts: Any) -> Loaded:
    return Loaded(**{name: nanos(Decimal(amount)) for name, amount in amounts.items()})


def test_a_request_bears_its_part_of_the_month() -> None:
    assert share(MONTHLY, NOON, KNOWN) == dollars(hosting="0.03", maintenance="0.006")


def test_a_request_bears_its_part_of_the_training_by_time() -> None:
    asset = an_asset(hosting=None, maintenance=None)
    assert share(asset, NOON, KNOWN) == dollars(depreciation="0.2")


def test_a_request_bears_its_part_of_the_training_by_requests_without_any_volume() -> None:
    assert share(Asset(training=UNITS), NOON, Volume()) == dollars(depreciation="0.04")


def test_once_all_is_written_off_a_request_bears_none_of_it() -> None:
    assert share(Asset(training=UNITS), NOON, Volume(served=10_000_000)) == FREE


def test_after_a_revision_a_request_bears_what_is_left_over_those_to_come() -> None:
    revision = Revision(served=4_000_000, remaining_requests=16_000_000)
    asset = Asset(training=replace(UNITS, revisions=(revision,)))

    assert share(asset, NOON, Volume(served=4_000_000)) == dollars(depreciation="0.015")
    assert share(asset, NOON, Volume(served=20_000_000)) == FREE


def test_without_a_volume_nobody_knows_what_a_request_bears() -> None:
    assert share(MONTHLY, NOON, Volume()) is None


def test_a_model_that_is_gone_or_not_there_yet_costs_nothing() -> None:
    early, late = instant(date(2025, 12, 31)), instant(MARCH)

    for training in (UNITS, a_training()):
        asset = an_asset(training=training, retired=MARCH)
        assert share(asset, early, KNOWN) == FREE
        assert share(asset, late, KNOWN) == FREE


@pytest.mark.parametrize(
    ("asset", "volume", "requests"),
    [
        (MONTHLY, Volume(), None),
        (MONTHLY, KNOWN, 100_000),
        (replace(MONTHLY, requests_per_month=7), KNOWN, 7),
        (Asset(training=replace(UNITS, life_months=20)), KNOWN, 500_000),
        (Asset(training=UNITS), KNOWN, 100_000),
    ],
)
def test_a_declared_volume_comes_before_the_one_that_was_seen(
    asset: Asset, volume: Volume, requests: int | None
) -> None:
    assert expected(asset, volume) == requests


def test_a_period_is_charged_for_each_component() -> None:
    charged = charge(an_asset(), instant(FEBRUARY), instant(MARCH))
    assert charged == dollars(hosting=28 * 24 * Decimal("2.25"), depreciation=20_000, maintenance=12_000)


def test_a_period_is_charged_by_the_requests_in_it() -> None:
    charged = charge(Asset(training=UNITS), instant(FEBRUARY), instant(MARCH), (1_000_000, 3_000_000))
    assert charged == dollars(depreciation=80_000)


def test_an_asset_without_parts_is_charged_nothing() -> None:
    assert charge(Asset(), instant(JANUARY), instant(MARCH)) == FREE


def test_the_month_in_which_a_model_is_retired_bears_what_was_left() -> None:
    asset = an_asset(hosting=None, maintenance=None, retired=date(2026, 2, 15))

    charged = charge(asset, instant(FEBRUARY), instant(MARCH))
    assert charged == dollars(depreciation=380_000)


def test_the_books_say_what_a_model_is_worth() -> None:
    assert unamortised(an_asset(), instant(MARCH), 0) == nanos(Decimal(360_000))
    assert unamortised(MONTHLY, instant(MARCH), 0) == 0


def test_requests_are_counted_from_where_they_write_something_off() -> None:
    assets = [Asset(training=UNITS), an_asset(), MONTHLY]
    assert list(counted_since(assets)) == [JANUARY]


def test_only_units_of_production_go_by_requests() -> None:
    assert by_requests(Asset(training=UNITS))
    assert not by_requests(an_asset())
    assert not by_requests(MONTHLY)


def test_nobody_knows_beforehand_what_a_request_bears_of_busy_seconds() -> None:
    busy = Asset(hosting=Hosting(units=1, unit_hour=Decimal(2), measured=True), start=JANUARY)

    assert share(busy, NOON, KNOWN) is None
    assert share(replace(busy, retired=FEBRUARY), NOON, KNOWN) == Loaded()
    bill = hosted("own", busy, instant(JANUARY), instant(FEBRUARY), Fraction(5_400), {})
    assert charge(busy, instant(JANUARY), instant(FEBRUARY), hosted=bill) == dollars(hosting=3)
    with pytest.raises(HostingUnmeasured, match="a time to come cannot be"):
        charge(busy, instant(JANUARY), instant(FEBRUARY))


def test_a_clusters_bill_is_what_hosting_came_to() -> None:
    part = Allocation(url="http://opencost:9003", aggregate="label:app", name="own")
    unknown = Asset(hosting=Hosting(allocation=part), start=JANUARY)
    thought = Asset(hosting=Hosting(units=1, unit_hour=Decimal(2), allocation=part), start=JANUARY)
    declared = Asset(hosting=Hosting(units=1, unit_hour=Decimal(2)), start=JANUARY)
    january = instant(JANUARY), instant(FEBRUARY)

    assert hosted("own", unknown, *january, None, {"own": Nanos(7)}) == 7
    assert charge(thought, *january, hosted=Nanos(7)) == Loaded(hosting=Nanos(7))
    assert charge(thought, *january) == dollars(hosting=1_488)
    assert share(unknown, NOON, KNOWN) is None
    assert share(thought, NOON, KNOWN) == share(declared, NOON, KNOWN)
    with pytest.raises(HostingUnmeasured, match=r"models\.own\.asset\.hosting\.opencost: nobody asked"):
        hosted("own", thought, *january, None, {})


def test_what_goes_by_the_hour_has_no_bill_of_its_own() -> None:
    assert hosted("own", MONTHLY, instant(JANUARY), instant(FEBRUARY), None, {"own": Nanos(7)}) is None
    assert hosted("own", Asset(), instant(JANUARY), instant(FEBRUARY), None, {"own": Nanos(7)}) is None


def test_busy_seconds_are_those_of_the_sums_and_never_nothing_for_want_of_a_clock() -> None:
    busy = Asset(hosting=Hosting(units=1, unit_hour=Decimal(2), measured=True, at_once=2))

    assert busy_in("own", busy, Measures(requests=2, timed=2, answer_millis=4_000)) == 2
    assert busy_in("own", MONTHLY, Measures(requests=2)) is None
    assert busy_in("own", Asset(), Measures(requests=2)) is None
    with pytest.raises(HostingUnmeasured, match=r"models\.own\.asset\.hosting .* none of the 2 requests"):
        busy_in("own", busy, Measures(requests=2))
