"""Closing a month: what is in the books afterwards is what it truly cost."""

import asyncio
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import (
    Allocation,
    Asset,
    Bearer,
    Hosting,
    HostingUnmeasured,
    Loaded,
    Maintenance,
    Method,
    Spread,
    Volume,
)
from routergate.domain.errors import StoreUnavailable
from routergate.domain.event import Timings, UsageEvent
from routergate.domain.model import ModelCard
from routergate.domain.money import Nanos, nanos
from routergate.domain.totals import Measures
from routergate.economics.fixed import share
from routergate.economics.months import instant
from routergate.ledger.accrual import LARGEST, _parts, accrue, due
from routergate.ledger.reader import totals
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import verify
from routergate.store.client import Store, connect
from support.assets import FEBRUARY, JANUARY, MARCH, a_training
from support.events import LARGE, MINI, an_attribution, an_event
from support.exports import settle
from support.ledgers import written

NOW = instant(MARCH)
MONTHLY = Asset(hosting=Hosting(monthly=Decimal(3_000)), maintenance=Maintenance(monthly=Decimal(600)))
OWN = replace(MINI, asset=MONTHLY)
BUSY = replace(
    MINI,
    asset=Asset(
        hosting=Hosting(units=2, unit_hour=Decimal("2.50"), measured=True, at_once=4), spread=Spread.REQUESTS
    ),
)
UNITS = replace(
    MINI,
    asset=Asset(
        training=a_training(method=Method.UNITS_OF_PRODUCTION, expected_requests=10, life_months=None),
        owner="acme",
    ),
)


def asked(card: ModelCard, day: date, count: int, volume: Volume, name: str = "e") -> list[UsageEvent]:
    """Requests on a day, each with the share that it was told."""
    assert card.asset is not None
    borne = share(card.asset, instant(day), volume)
    return [
        an_event(id=f"{name}-{day}-{n}", at=instant(day), card=card, share=borne, cost=Nanos(0))
        for n in range(count)
    ]


async def february(store: Store) -> Measures:
    """What all books have of the model in the month."""
    found = await totals(store, since=FEBRUARY, until=date(2026, 2, 28))
    return sum((one.measures for one in found if one.model == "mini"), Measures())


async def test_a_clusters_bill_is_what_the_month_truly_cost(store: Store) -> None:
    part = Allocation(url="http://opencost:9003", aggregate="label:app", name="mini")
    card = replace(MINI, asset=Asset(hosting=Hosting(monthly=Decimal(3_000), allocation=part)))
    await settle(store, asked(card, date(2026, 2, 10), 1, Volume(monthly=100)))

    with pytest.raises(HostingUnmeasured, match="nobody asked OpenCost"):
        await accrue(store, [card], FEBRUARY, NOW)
    [booked] = await accrue(store, [card], FEBRUARY, NOW, {"mini": nanos(Decimal("3700.25"))})
    assert booked.due.hosting == nanos(Decimal("3670.25"))


async def test_what_requests_bore_too_little_is_booked_when_the_month_is_over(store: Store) -> None:
    await settle(store, asked(OWN, date(2026, 2, 10), 40, Volume(monthly=100)))
    [booked] = await accrue(store, [OWN, LARGE], FEBRUARY, NOW)

    assert booked.due == Loaded(hosting=nanos(Decimal(1_800)), maintenance=nanos(Decimal(360)))
    [row] = await written(store, "house")
    assert (row.kind, row.requests, row.model, row.key, row.cost_nanos) == (
        "accrual",
        0,
        "mini",
        "accrual",
        0,
    )
    assert (row.hosting_nanos, row.loaded_cost_nanos) == (booked.due.hosting, booked.due.total)
    sums = await february(store)
    assert (sums.requests, sums.hosting_nanos, sums.maintenance_nanos) == (
        40,
        nanos(Decimal(3_000)),
        nanos(Decimal(600)),
    )


async def test_what_requests_bore_too_much_is_given_back(store: Store) -> None:
    await settle(store, asked(OWN, FEBRUARY, 30, Volume(monthly=20)))
    [booked] = await accrue(store, [OWN], FEBRUARY, NOW)

    assert booked.due.hosting == nanos(Decimal(-1_500))
    assert (await february(store)).loaded_nanos == nanos(Decimal(3_600))


async def test_a_month_without_requests_is_borne_by_the_owner(store: Store) -> None:
    [booked] = await accrue(store, [OWN], FEBRUARY, NOW)
    assert (booked.bearer.organisation, booked.due.total) == ("house", nanos(Decimal(3_600)))


async def test_a_second_run_books_nothing(store: Store) -> None:
    await settle(store, asked(OWN, FEBRUARY, 3, Volume(monthly=7)))

    assert len(await accrue(store, [OWN], FEBRUARY, NOW)) == 1
    assert await accrue(store, [OWN], FEBRUARY, NOW + 1) == []
    assert len(await written(store, "house")) == 1


async def test_what_came_late_is_made_up_for_by_the_next_run(store: Store) -> None:
    await accrue(store, [OWN], FEBRUARY, NOW)
    await settle(store, asked(OWN, FEBRUARY, 2, Volume(monthly=100), name="late"))
    [booked] = await accrue(store, [OWN], FEBRUARY, NOW + 1)

    assert booked.due.hosting == nanos(Decimal(-60))
    assert (await february(store)).hosting_nanos == nanos(Decimal(3_000))


async def test_two_that_run_at_the_same_time_book_once(store: Store) -> None:
    await asyncio.gather(*(accrue(store, [OWN], FEBRUARY, NOW + n) for n in range(4)))

    assert (await february(store)).loaded_nanos == nanos(Decimal(3_600))
    kinds = [row.kind for row in await written(store, "house")]
    assert kinds.count("accrual") == 1


async def test_requests_of_earlier_months_count_for_what_is_written_off(store: Store) -> None:
    """400 000 over ten requests: eight in January, and of four in February only two are left to bear."""
    await settle(store, asked(UNITS, JANUARY, 8, Volume()))
    await settle(store, asked(UNITS, FEBRUARY, 4, Volume(served=8)))
    [january] = await due(store, [UNITS], JANUARY)
    [booked] = await accrue(store, [UNITS], FEBRUARY, NOW)

    assert january.due == Loaded()
    assert booked.part.charged.depreciation == nanos(Decimal(80_000))
    assert booked.due.depreciation == nanos(Decimal(-80_000))
    assert [row.kind for row in await written(store)][-1] == "accrual"


async def test_a_large_write_off_is_booked_in_rows_that_can_be_added_up(store: Store) -> None:
    asset = Asset(training=a_training(cost=Decimal(25_000_000)), retired=date(2026, 2, 2), owner="acme")
    [booked] = await accrue(store, [replace(MINI, asset=asset)], FEBRUARY, NOW)

    assert booked.due.depreciation == nanos(Decimal(23_750_000))
    assert len(await written(store)) == 24
    assert (await february(store)).depreciation_nanos == booked.due.depreciation


@given(st.integers(-(10**17), 10**17), st.integers(-(10**17), 10**17))
def test_the_rows_of_an_amount_add_up_to_it(hosting: int, depreciation: int) -> None:
    amount = Loaded(hosting=Nanos(hosting), depreciation=Nanos(depreciation))
    parts = list(_parts(amount))

    assert sum(parts, Loaded()) == amount
    assert all(max(abs(part.hosting), abs(part.depreciation)) <= LARGEST for part in parts)


async def test_the_books_verify_with_accruals_in_them(store: Store, tmp_path: Path) -> None:
    await settle(store, asked(OWN, FEBRUARY, 3, Volume(monthly=7)))
    await accrue(store, [OWN], FEBRUARY, NOW)
    found = await verify(store, Shelf(str(tmp_path)), JANUARY, MARCH)
    assert (found.organisations, found.events, found.differences) == (2, 4, ())


async def test_a_store_that_is_away_is_said_and_nothing_is_lost(store: Store) -> None:
    away = connect("redis://127.0.0.1:1/0", timeout=0.2)
    with pytest.raises(StoreUnavailable):
        await accrue(away, [OWN], FEBRUARY, NOW)
    await away.close()
    assert len(await accrue(store, [OWN], FEBRUARY, NOW)) == 1


async def test_what_is_spread_by_requests_is_on_the_account_of_those_who_asked(store: Store) -> None:
    spread = replace(OWN, asset=replace(MONTHLY, spread=Spread.REQUESTS))
    await settle(store, asked(spread, FEBRUARY, 3, Volume(monthly=100)))
    theirs = [
        replace(event, id=f"other-{event.id}", attribution=an_attribution("other", feature="search"))
        for event in asked(spread, FEBRUARY, 1, Volume(monthly=100))
    ]
    await settle(store, theirs)
    booked = {one.bearer: one.due.hosting for one in await accrue(store, [spread], FEBRUARY, NOW)}

    assert booked == {
        Bearer(organisation="acme"): nanos(Decimal(2_250 - 90)),
        Bearer(organisation="other", feature="search"): nanos(Decimal(750 - 30)),
    }
    assert (await february(store)).hosting_nanos == nanos(Decimal(3_000))
    [row] = [row for row in await written(store, "other") if row.kind == "accrual"]
    assert (row.feature, row.hosting_nanos) == ("search", nanos(Decimal(720)))
    assert await accrue(store, [spread], FEBRUARY, NOW + 1) == []


def timed(count: int, seconds: float | None, name: str = "e") -> list[UsageEvent]:
    """Requests of a busy model, each of which took as long."""
    took = Timings(total=9, first_token=1, overhead=0, decision=0, answer=seconds)
    return [replace(one, timings=took) for one in asked(BUSY, FEBRUARY, count, Volume(monthly=9), name)]


async def test_measured_hosting_is_what_the_busy_seconds_come_to(store: Store, tmp_path: Path) -> None:
    """Twenty requests of an hour, four at once, are five hours of two GPUs at 2.50."""
    await settle(store, [*timed(19, 3_600.0), *timed(1, None, "unknown")])
    [row] = {one.hosting_nanos for one in await written(store)}
    assert row is None  # nobody can know beforehand
    [booked] = await accrue(store, [BUSY], FEBRUARY, NOW)

    assert (booked.due.hosting, booked.bearer.organisation) == (nanos(Decimal(25)), "acme")
    assert await accrue(store, [BUSY], FEBRUARY, NOW + 1) == []
    found = await verify(store, Shelf(str(tmp_path)), JANUARY, MARCH)
    assert (found.events, found.differences) == (21, ())


async def test_busy_seconds_that_nobody_knows_are_refused_and_nothing_is_booked(store: Store) -> None:
    other = replace(OWN, id=LARGE.id)
    await settle(store, timed(3, None))
    with pytest.raises(HostingUnmeasured, match=r"models\.mini\.asset\.hosting .* none of the 3 requests"):
        await accrue(store, [other, BUSY], FEBRUARY, NOW)
    assert [row.kind for row in await written(store)] == ["event"] * 3
    assert await written(store, "house") == []


async def test_a_month_in_which_nobody_asked_is_free_where_hosting_is_measured(store: Store) -> None:
    assert await accrue(store, [BUSY], FEBRUARY, NOW) == []
