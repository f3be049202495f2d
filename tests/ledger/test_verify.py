import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.domain.errors import LedgerBusy, LedgerUnusable
from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.ledger.consumer import export
from routergate.ledger.lease import lease
from routergate.ledger.names import index_key, usage_key
from routergate.ledger.record import LARGEST
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import Difference, Verification, verify
from routergate.store.client import Store
from support.events import an_attribution, an_event
from support.exports import Death, Fate, MortalShelf, expire, settle
from support.ledgers import DAY, NOON, events

FIRST, LAST = date(2023, 11, 14), date(2023, 11, 16)
CELL = '[null,null,null,"auto","mini","acme-ai","economy"]'


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path))


async def verified(store: Store, shelf: Shelf) -> Verification:
    return await verify(store, shelf, FIRST, LAST)


async def exported(store: Store, shelf: Shelf, number: int) -> None:
    await settle(store, [an_event(id=f"e{n}", at=NOON + n % 3 * DAY) for n in range(number)])
    await export(store, shelf, "acme")


def told(differences: Sequence[Difference]) -> list[tuple[str, int, int]]:
    return [(found.measure, found.events, found.counters) for found in differences]


async def test_books_that_are_right_have_no_difference_wherever_the_events_are(
    store: Store, shelf: Shelf
) -> None:
    assert await verified(store, shelf) == Verification()

    await settle(store, [an_event(), an_event(attribution=an_attribution("other"))])
    assert await verified(store, shelf) == Verification(organisations=2, events=2)
    await export(store, shelf, "acme")
    assert await verified(store, shelf) == Verification(organisations=2, events=2)
    await settle(store, [an_event(id="later", at=NOON + DAY)])
    assert await verified(store, shelf) == Verification(organisations=2, events=3)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(events(), max_size=12), cut=st.integers(0, 12))
async def test_any_events_come_out_exactly(store: Store, happened: list[UsageEvent], cut: int) -> None:
    await store.call("FLUSHALL")
    with TemporaryDirectory() as where:
        await settle(store, happened[:cut])
        await export(store, Shelf(where), "acme", portion=3)
        await settle(store, happened[cut:])

        found = await verified(store, Shelf(where))
    assert (found.events, found.differences) == (len(happened), ())


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_an_export_that_was_killed_is_no_difference(store: Store, tmp_path: Path, after: bool) -> None:
    died = True
    at = 0
    while died:
        await store.call("FLUSHALL")
        await settle(store, [an_event(id=f"e{n}", at=NOON + n % 2 * DAY) for n in range(6)])
        where = str(tmp_path / str(at))
        try:
            await export(store, MortalShelf(where, Fate(at, after=after)), "acme", portion=4)
            died = False
        except Death:
            await expire(store, "acme")
        assert await verified(store, Shelf(where)) == Verification(organisations=1, events=6), at
        at += 1
    assert at > 8


async def test_a_counter_that_is_one_nano_dollar_off_is_found(store: Store, shelf: Shelf) -> None:
    await exported(store, shelf, 3)
    await store.call("HINCRBY", usage_key("acme", "2023-11-15", "key-1"), f"{CELL}|cost_nanos", 1)

    [found] = (await verified(store, shelf)).differences
    assert (found.cell.day, found.cell.key, found.cell.model) == (date(2023, 11, 15), "key-1", "mini")
    assert told([found]) == [("cost_nanos", 2_000_000, 2_000_001)]
    assert found.plain() == {
        "day": "2023-11-15",
        "organisation": "acme",
        "key": "key-1",
        "team": None,
        "customer": None,
        "feature": None,
        "route": "auto",
        "model": "mini",
        "provider": "acme-ai",
        "class": "economy",
        "measure": "cost_nanos",
        "events": 2_000_000,
        "counters": 2_000_001,
    }


async def test_amounts_beyond_a_float_are_compared_exactly(store: Store, shelf: Shelf) -> None:
    await settle(store, [an_event(id=str(n), cost=Nanos(LARGEST)) for n in range(3)])
    await export(store, shelf, "acme")
    await store.call("HINCRBY", usage_key("acme", "2023-11-14", "key-1"), f"{CELL}|cost_nanos", -1)

    found = await verified(store, shelf)
    assert told(found.differences) == [("cost_nanos", 3 * LARGEST, 3 * LARGEST - 1)]


async def test_a_file_that_is_missing_is_found(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    await exported(store, shelf, 3)
    (tmp_path / shelf.rows()[1]).unlink()

    found = await verified(store, shelf)
    assert found.events == 2
    assert {difference.cell.day for difference in found.differences} == {date(2023, 11, 15)}
    assert ("requests", 0, 1) in told(found.differences)


async def test_a_file_that_is_there_twice_is_found(store: Store, shelf: Shelf, tmp_path: Path) -> None:
    await exported(store, shelf, 1)
    path = tmp_path / shelf.rows()[0]
    path.with_name("copy.parquet").write_bytes(path.read_bytes())

    assert ("requests", 2, 1) in told((await verified(store, shelf)).differences)


async def test_totals_that_are_lost_or_came_from_nowhere_are_found(store: Store, shelf: Shelf) -> None:
    await exported(store, shelf, 1)
    for key in (usage_key("acme", "2023-11-14", "key-1"), index_key("acme", "2023-11-14")):
        await store.call("DEL", key)
    await store.call("SADD", index_key("acme", "2023-11-16"), "key-2")
    await store.call("HSET", usage_key("acme", "2023-11-16", "key-2"), f"{CELL}|requests", 7)

    found = (await verified(store, shelf)).differences
    assert ("requests", 1, 0) in told(found)
    assert told(found)[-1] == ("requests", 0, 7)


async def test_days_outside_the_range_are_left_alone(store: Store, shelf: Shelf) -> None:
    await exported(store, shelf, 3)
    await store.call("HINCRBY", usage_key("acme", "2023-11-14", "key-1"), f"{CELL}|requests", 1)

    found = await verify(store, shelf, date(2023, 11, 15), LAST)
    assert (found.events, found.differences) == (2, ())


async def test_gateways_may_go_on_meanwhile(store: Store, shelf: Shelf) -> None:
    async def go_on() -> None:
        for n in range(100):
            owner = replace(an_attribution().identity, key=f"key-{n % 7}")
            await settle(store, [an_event(id=f"e{n}", attribution=replace(an_attribution(), identity=owner))])

    going = asyncio.create_task(go_on())
    while not going.done():
        assert (await verified(store, shelf)).differences == ()
    await going
    assert (await verified(store, shelf)).events == 100


async def test_it_does_not_look_while_an_export_runs(store: Store, shelf: Shelf) -> None:
    await exported(store, shelf, 1)
    async with lease(store, "acme"):
        with pytest.raises(LedgerBusy):
            await verified(store, shelf)


async def test_a_damaged_file_is_named(store: Store, shelf: Shelf) -> None:
    await exported(store, shelf, 1)
    shelf.put(shelf.rows()[0], b"nothing")

    with pytest.raises(LedgerUnusable, match="is damaged"):
        await verified(store, shelf)
