import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.domain.errors import LedgerBusy, LedgerUnusable
from routergate.domain.event import UsageEvent
from routergate.ledger.consumer import export
from routergate.ledger.lease import lease
from routergate.ledger.names import events_key, ledger_key
from routergate.ledger.shelf import Shelf
from routergate.store.client import Store
from support.events import an_attribution, an_event
from support.exports import Death, Fate, MortalShelf, MortalStore, expire, on_shelf, same, settle
from support.ledgers import DAY, NOON, events, written


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path))


def some(number: int, *, first: int = 0) -> list[UsageEvent]:
    """Events that arrived on three days, in turn."""
    return [an_event(id=f"e{n}", at=NOON + n % 3 * DAY) for n in range(first, first + number)]


async def killed(store: Store, where: Path, fate: Fate, portion: int = 4) -> bool:
    """Whether a process with this fate died before its export was at an end."""
    theirs = MortalStore(
        store.place, store._servers, store._limit, store._turns, _convoys=store._convoys, fate=fate
    )
    try:
        await export(theirs, MortalShelf(str(where), fate), "acme", portion=portion)
    except Death:
        await expire(store, "acme")
        return True
    return False


async def test_events_move_from_the_stream_to_a_file_for_each_day(store: Store, shelf: Shelf) -> None:
    happened = some(7)
    await settle(store, happened)

    assert await export(store, shelf, "acme") == 7
    assert same(on_shelf(shelf), happened)
    assert await written(store) == []
    first = shelf.rows()[0].split("/")
    assert first[:2] == ["date=2023-11-14", "organisation=acme"]
    assert len(shelf.rows()) == 3
    assert await export(store, shelf, "acme") == 0


async def test_a_large_stream_is_moved_in_portions_and_goes_on_later(store: Store, shelf: Shelf) -> None:
    await settle(store, some(10))
    assert await export(store, shelf, "acme", portion=4) == 10
    await settle(store, some(3, first=10))
    assert await export(store, shelf, "acme", portion=4) == 3

    assert same(on_shelf(shelf), some(13))
    assert len({path.rpartition("/")[2] for path in shelf.rows()}) == 4


async def test_more_than_a_page_of_entries_is_one_portion(store: Store, shelf: Shelf) -> None:
    await settle(store, [an_event(id=str(n)) for n in range(2100)])

    assert await export(store, shelf, "acme") == 2100
    assert len(shelf.rows()) == 1
    assert len({flat.id for flat in on_shelf(shelf)}) == 2100


async def test_an_organisation_that_has_nothing_leaves_nothing(store: Store, shelf: Shelf) -> None:
    assert await export(store, shelf, "acme") == 0
    assert shelf.rows() == []


async def test_organisations_do_not_mix(store: Store, shelf: Shelf) -> None:
    theirs = [an_event(attribution=an_attribution("../other one"))]
    await settle(store, [*some(2), *theirs])

    assert await export(store, shelf, "../other one") == 1
    assert same(on_shelf(shelf), theirs)
    assert len(await written(store)) == 2


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_step_and_run_again_no_row_is_lost_or_double(
    store: Store, tmp_path: Path, after: bool
) -> None:
    for at in count():
        await store.call("FLUSHALL")
        where = tmp_path / str(at)
        await settle(store, some(6))
        died = await killed(store, where, Fate(at, after=after))
        await settle(store, some(3, first=6))

        await export(store, Shelf(str(where)), "acme", portion=5)
        assert same(on_shelf(Shelf(str(where))), some(9)), at
        assert await written(store) == []
        assert [*where.rglob("*.tmp")] == []
        if not died:
            break
    assert at > 20


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    happened=st.lists(events(), min_size=1, max_size=12),
    fates=st.lists(st.builds(Fate, at=st.integers(0, 25), after=st.booleans()), max_size=4),
)
async def test_killed_again_and_again_the_rows_are_the_events(
    store: Store, happened: list[UsageEvent], fates: Sequence[Fate]
) -> None:
    await store.call("FLUSHALL")
    rounds = [
        [replace(event, id=f"{n}-{event.id}", attribution=an_attribution()) for event in happened]
        for n in range(len(fates) + 1)
    ]
    with TemporaryDirectory() as where:
        for ours, fate in zip(rounds, fates, strict=False):
            await settle(store, ours)
            await killed(store, Path(where), replace(fate))
        await settle(store, rounds[-1])
        await export(store, Shelf(where), "acme", portion=3)
        assert same(on_shelf(Shelf(where)), chain.from_iterable(rounds))


async def test_what_is_appended_meanwhile_is_moved_too_or_next_time(store: Store, shelf: Shelf) -> None:
    async def append() -> None:
        for n in range(60):
            await settle(store, [an_event(id=f"e{n}", at=NOON + n % 3 * DAY)])

    appending = asyncio.create_task(append())
    moved = 0
    while not appending.done():
        moved += await export(store, shelf, "acme", portion=7)
    await appending
    moved += await export(store, shelf, "acme", portion=7)

    assert moved == 60
    assert same(on_shelf(shelf), some(60))


async def test_of_many_at_once_each_event_is_moved_by_one(store: Store, shelf: Shelf) -> None:
    await settle(store, some(20))

    found = await asyncio.gather(
        *(export(store, shelf, "acme", portion=3) for _ in range(5)), return_exceptions=True
    )
    assert sum(moved for moved in found if isinstance(moved, int)) == 20
    assert all(isinstance(moved, int | LedgerBusy) for moved in found)
    assert same(on_shelf(shelf), some(20))


async def test_a_second_one_is_told_who_is_at_work(store: Store, shelf: Shelf) -> None:
    await settle(store, some(1))
    async with lease(store, "acme"):
        with pytest.raises(LedgerBusy, match=r"'acme' is in the hands of process \d+ on .* again in \d+ s"):
            await export(store, shelf, "acme")

    assert await export(store, shelf, "acme") == 1


async def test_who_was_away_too_long_does_no_more(store: Store) -> None:
    async with lease(store, "acme") as held:
        await expire(store, "acme")
        async with lease(store, "acme") as next_one:
            with pytest.raises(LedgerBusy, match="passed to another"):
                await held.renew()
            await held.release()
            await next_one.renew()


async def test_a_lease_does_not_last_for_ever(store: Store) -> None:
    async with lease(store, "acme"):
        assert 0 < await store.call("PTTL", "rg:{acme}:ledger:lease") <= 60_000
    assert await store.call("EXISTS", "rg:{acme}:ledger:lease") == 0


async def test_a_cancelled_export_ends_its_step_and_can_be_run_again(store: Store, shelf: Shelf) -> None:
    await settle(store, some(20))
    for turns in range(0, 120, 10):
        task = asyncio.create_task(export(store, shelf, "acme", portion=3))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    await expire(store, "acme")

    await export(store, shelf, "acme", portion=3)
    assert same(on_shelf(shelf), some(20))


async def test_an_entry_that_nobody_can_read_holds_up_the_rest_and_is_named(
    store: Store, shelf: Shelf
) -> None:
    await settle(store, some(1))
    entry = (await store.call("XADD", events_key("acme"), "*", "event", '{"secret": "prompt"}')).decode()

    with pytest.raises(LedgerUnusable, match=rf"Entry {entry} of .*acme.*events is no usage event"):
        await export(store, shelf, "acme")
    assert await store.call("XLEN", events_key("acme")) == 2
    await store.call("XDEL", events_key("acme"), entry)
    assert await export(store, shelf, "acme") == 1


async def test_the_files_of_another_store_are_not_added_to(store: Store, shelf: Shelf) -> None:
    await settle(store, some(2))
    await export(store, shelf, "acme")
    await store.call("FLUSHALL")
    await settle(store, some(3))

    with pytest.raises(LedgerUnusable, match="came from another store"):
        await export(store, shelf, "acme")
    assert len(await written(store)) == 3


async def test_a_store_that_forgot_its_last_second_moves_nothing_twice(store: Store, shelf: Shelf) -> None:
    """As after a crash of the machine: entries that were removed are back."""
    await settle(store, some(4))
    before = await store.call("DUMP", events_key("acme"))
    await store.call("SET", ledger_key("acme"), "ledger")
    await export(store, shelf, "acme")
    await store.call("RESTORE", events_key("acme"), 0, before, "REPLACE")
    await settle(store, some(2, first=4))

    assert await export(store, shelf, "acme") == 2
    assert same(on_shelf(shelf), some(6))


async def test_a_damaged_mark_stops_the_export(store: Store, shelf: Shelf) -> None:
    await settle(store, some(1))
    shelf.put("_export/organisation=acme.json", b"{")

    with pytest.raises(LedgerUnusable, match=r"_export/organisation=acme\.json is damaged"):
        await export(store, shelf, "acme")
    assert len(await written(store)) == 1
