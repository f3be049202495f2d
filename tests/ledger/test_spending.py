"""The counters of budgets, added up again from the rows."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from routergate.domain.budget import Scope
from routergate.domain.event import UsageEvent
from routergate.domain.reservation import Charge, Counter
from routergate.ledger.consumer import export
from routergate.ledger.names import counter_key, counter_name
from routergate.ledger.reservations import Reservations
from routergate.ledger.shelf import Shelf
from routergate.ledger.spending import Charged, Overcharge, Spending, compared
from routergate.ledger.verify import Verification, verify
from routergate.store.client import Store
from support.events import an_event
from support.exports import settle
from support.redis import HandClock
from support.restraints import a_counter, a_line

DAY = 86_400 * 1_000_000_000
AT = 4_000_000_000 * 1_000_000_000
"""2096-10-02, 07:06 UTC: by the store's own clock, nothing is to be forgotten yet."""
FIRST = date(2096, 10, 2)
TODAY = a_counter(label="2096-10-02", resets=4_000_060_800)
EVER = a_counter(window="total", label="ever", resets=None)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path))


def charged(name: str, amount: int, *counters: Counter, days: int = 0) -> UsageEvent:
    charges = tuple(Charge(counter=counter, amount=amount) for counter in counters or (TODAY, EVER))
    return an_event(id=name, at=AT + days * DAY, charges=charges)


async def spending(store: Store, shelf: Shelf, since: int = 0, until: int = 3) -> Spending:
    found = await verify(store, shelf, FIRST + timedelta(since), FIRST + timedelta(until))
    assert found.right == (not found.spending.differences)
    return found.spending


async def test_counters_that_are_the_sums_of_files_and_stream_are_right(store: Store, shelf: Shelf) -> None:
    await settle(store, [charged("a", 5), charged("b", 7)])
    await export(store, shelf, "acme")
    await settle(store, [charged("c", 1)])
    assert await spending(store, shelf) == Spending(compared=2)


async def test_a_counter_that_is_one_nano_dollar_off_is_found(store: Store, shelf: Shelf) -> None:
    await settle(store, [charged("a", 5)])
    await store.call("HINCRBY", counter_key("acme", EVER), "spent", 1)
    [found] = (await spending(store, shelf)).differences
    assert found == Overcharge(organisation="acme", counter=counter_name(EVER), events=5, counters=6)
    assert found.plain() == {
        "organisation": "acme",
        "counter": '["organisation","acme","cash","w","total","ever"]',
        "events": 5,
        "counters": 6,
    }


async def test_a_counter_that_was_lost_is_found(store: Store, shelf: Shelf) -> None:
    await settle(store, [charged("a", 5)])
    await store.call("DEL", counter_key("acme", TODAY))
    assert [(one.events, one.counters) for one in (await spending(store, shelf)).differences] == [(5, 0)]


async def test_a_counter_that_no_event_explains_is_found(store: Store, shelf: Shelf) -> None:
    await settle(store, [charged("a", 5)])
    await store.call("XTRIM", "rg:{acme}:events", "MAXLEN", 0)
    assert [(one.events, one.counters) for one in (await spending(store, shelf)).differences] == [(0, 5)] * 2


@pytest.mark.parametrize(("since", "until", "whole"), [(0, 1, 2), (0, 0, 1), (1, 1, 0)])
async def test_a_counter_is_compared_only_with_all_of_its_days(
    store: Store, shelf: Shelf, since: int, until: int, whole: int
) -> None:
    await settle(store, [charged("a", 5), charged("b", 7, EVER, days=1)])
    assert await spending(store, shelf, since, until) == Spending(compared=whole, not_whole=2 - whole)


async def test_what_requests_hold_is_no_difference_and_is_told(store: Store, shelf: Shelf) -> None:
    holds = Reservations(store, HandClock(AT))
    await holds.reserve(charged("runs", 9), [a_line(9, 100, TODAY)], durable=False)
    found = await verify(store, shelf, FIRST, FIRST)
    assert found == Verification(organisations=1, spending=Spending(compared=1), holds=1)


@pytest.mark.parametrize(
    ("counter", "days", "forgotten"),
    [(TODAY, 61, False), (TODAY, 63, True), (replace(TODAY, scope=Scope.SESSION), 31, True)],
)
def test_a_counter_that_was_to_be_forgotten_is_not_missed(
    counter: Counter, days: int, forgotten: bool
) -> None:
    now = 4_000_000_000 // 86_400 * 86_400 + days * 86_400
    found = compared("acme", counter_name(counter), Charged().more(5, "2096-10-02"), {}, (FIRST, FIRST), now)
    assert found.not_whole == forgotten
    assert bool(found.differences) != forgotten


def test_a_counter_of_which_nobody_knows_anything_is_not_compared() -> None:
    assert compared("acme", counter_name(TODAY), Charged(), {}, (FIRST, FIRST), 0) == Spending(not_whole=1)
