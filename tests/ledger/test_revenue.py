"""Posted revenue: one row for each day, each posting once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.api.admin.revenue import MOST_DAYS
from routergate.app import SystemClock
from routergate.domain.errors import StoreUnavailable
from routergate.domain.money import Nanos
from routergate.domain.once import IdempotencyConflict
from routergate.domain.revenue import Earned
from routergate.ledger.names import revenue_key
from routergate.ledger.revenue import RevenueBook, rows
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import verify
from routergate.store.client import Store, connect
from support.ledgers import written

WEEK = date(2026, 2, 2), date(2026, 2, 8)
PAID = Earned(id="inv-1", amount=Nanos(100), first=WEEK[0], last=WEEK[1], customer="globex", note="licence")


async def booked(store: Store, *posted: Earned) -> int:
    """By a process that has not posted before."""
    return await RevenueBook(store, SystemClock()).book("acme", posted)


async def kinds(store: Store) -> Sequence[str]:
    return [row.kind for row in await written(store)]


async def test_revenue_is_spread_over_its_days_and_counts_as_nothing_else(
    store: Store, tmp_path: Path
) -> None:
    assert await booked(store, PAID) == 0
    found = await written(store)
    assert len(found) == 7
    assert sum(row.revenue_nanos or 0 for row in found) == 100
    assert {(row.kind, row.customer, row.tags, row.requests, row.cost_nanos) for row in found} == {
        ("revenue", "globex", ("licence",), 0, 0)
    }
    checked = await verify(store, Shelf(str(tmp_path)), *WEEK)
    assert (checked.events, checked.differences) == (7, ())


async def test_as_many_days_as_may_be_posted_are_booked_in_one_go(store: Store, tmp_path: Path) -> None:
    years = date(2010, 1, 1), date(2010, 1, 1) + timedelta(days=MOST_DAYS - 1)
    await booked(store, replace(PAID, amount=Nanos(10**12), first=years[0], last=years[1]))
    checked = await verify(store, Shelf(str(tmp_path)), *years)
    assert (checked.events, checked.differences) == (MOST_DAYS, ())


async def test_what_is_posted_twice_is_booked_once(store: Store) -> None:
    other = replace(PAID, id="inv-2", last=WEEK[0])
    assert await booked(store, PAID) == 0
    assert await booked(store, PAID, other) == 1
    assert await booked(store, PAID, other) == 2
    assert await kinds(store) == ["revenue"] * 8


async def test_an_id_stands_for_one_revenue_and_nothing_of_a_bad_request_is_booked(store: Store) -> None:
    await booked(store, PAID)
    changed, new = replace(PAID, amount=Nanos(101)), replace(PAID, id="inv-2")
    with pytest.raises(IdempotencyConflict, match=r"under the id 'inv-1'\. .* post the difference"):
        await booked(store, new, changed)
    assert await kinds(store) == ["revenue"] * 7
    assert await booked(store, replace(new, amount=Nanos(7))) == 0


async def test_what_a_dead_process_left_half_done_is_done_by_the_next(store: Store) -> None:
    """It had claimed the id, and booked, and had not said so."""
    await booked(store, PAID)
    [claim] = await store.call("HVALS", revenue_key("acme"))
    await store.call("HSET", revenue_key("acme"), PAID.id, claim.removesuffix(b"!"))
    assert await booked(store, PAID) == 0
    assert sorted(await kinds(store)) == ["duplicate"] * 7 + ["revenue"] * 7
    assert sum(row.revenue_nanos or 0 for row in await written(store)) == 100
    assert await booked(store, PAID) == 1


async def test_without_a_store_nobody_is_told_that_revenue_is_safe(tmp_path: Path) -> None:
    nowhere = connect(f"unix://{tmp_path}/nobody.sock")
    with pytest.raises(StoreUnavailable):
        await booked(nowhere, PAID)
    await nowhere.close()


@given(st.integers(-(9 * 10**15), 9 * 10**15), st.integers(0, 400))
def test_the_days_add_up_to_the_amount(amount: int, days: int) -> None:
    last = date.fromordinal(WEEK[0].toordinal() + days)
    found = list(rows("acme", replace(PAID, amount=Nanos(amount), last=last)))
    amounts = [row.revenue_nanos or 0 for row in found]
    assert (sum(amounts), len(found)) == (amount, days + 1)
    assert max(amounts) - min(amounts) <= 1
    assert len({row.id for row in found}) == len(found)
