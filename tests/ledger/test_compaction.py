"""Many files become one, and days are dropped, with each row read once whatever happens."""

from datetime import date
from itertools import count
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from routergate.domain.errors import LedgerBusy, LedgerUnusable
from routergate.domain.event import UsageEvent
from routergate.ledger.compaction import Compacted, compact, drop_before
from routergate.ledger.consumer import export
from routergate.ledger.coverage import files
from routergate.ledger.lease import lease
from routergate.ledger.parquet import SCHEMA, decode_rows, encode_rows, merge
from routergate.ledger.record import row
from routergate.ledger.retention import drop, dropped
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import Verification, verify
from routergate.store.client import Store
from support.events import an_event
from support.exports import Death, Fate, MortalShelf, MortalStore, expire, on_shelf, same, settle
from support.ledgers import DAY, NOON

FIRST, LAST = date(2023, 11, 14), date(2023, 11, 16)
LATER = "2023-11-20"


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path))


def some(number: int, *, first: int = 0) -> list[UsageEvent]:
    """Events that arrived on three days, in turn."""
    return [an_event(id=f"e{n}", at=NOON + n % 3 * DAY) for n in range(first, first + number)]


async def in_files(store: Store, shelf: Shelf, number: int, *, first: int = 0) -> None:
    """Three events to a portion, one of each day, so that each day has many files."""
    await settle(store, some(number, first=first))
    await export(store, shelf, "acme", portion=3)


async def verified(store: Store, shelf: Shelf) -> Verification:
    return await verify(store, shelf, FIRST, LAST)


async def test_the_files_of_a_day_become_one_with_the_same_rows(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 24)
    before = shelf.rows()

    found = await compact(store, shelf, "acme", before=LATER)

    assert found == Compacted(merged=len(before), removed=len(before))
    assert len(shelf.rows()) == 3
    assert same(on_shelf(shelf), some(24))
    assert (await verified(store, shelf)).right
    assert await compact(store, shelf, "acme", before=LATER) == Compacted()


async def test_later_rows_join_the_merged_file(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 12)
    await compact(store, shelf, "acme", before=LATER)
    await in_files(store, shelf, 6, first=12)
    assert len(shelf.rows()) > 3

    await compact(store, shelf, "acme", before=LATER)
    assert len(shelf.rows()) == 3
    assert same(on_shelf(shelf), some(18))


async def test_a_day_that_is_not_over_is_left_alone(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 24)
    await compact(store, shelf, "acme", before="2023-11-15")

    days = [path.split("/")[0] for path in shelf.rows()]
    assert days.count("date=2023-11-14") == 1
    assert days.count("date=2023-11-15") > 1


async def test_files_grow_to_a_certain_size(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 24)
    sizes = shelf.sizes()
    before = len(sizes)

    await compact(store, shelf, "acme", before=LATER, largest=2 * max(sizes.values()))
    assert 3 < len(shelf.rows()) < before
    assert same(on_shelf(shelf), some(24))


async def died(store: Store, where: Path, fate: Fate, *, drops: bool) -> bool:
    """Whether a process with this fate died before it was through."""
    theirs = MortalStore(
        store.place, store._servers, store._limit, store._turns, _convoys=store._convoys, fate=fate
    )
    shelf = MortalShelf(str(where), fate)
    try:
        if drops:
            await drop_before(theirs, shelf, "acme", "2023-11-15")
        await compact(theirs, shelf, "acme", before=LATER)
    except Death:
        await expire(store, "acme")
        return True
    return False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("drops", [False, True], ids=["merging", "dropping"])
async def test_killed_at_any_step_each_row_is_read_once(
    store: Store, tmp_path: Path, after: bool, drops: bool
) -> None:
    kept = [event for event in some(6) if not drops or event.at >= NOON + DAY]
    for at in count():
        await store.call("FLUSHALL")
        where = tmp_path / str(at)
        shelf = Shelf(str(where))
        await in_files(store, shelf, 6)

        cut = await died(store, where, Fate(at, after=after), drops=drops)
        gone = drops and dropped(shelf, "acme") is not None
        assert same(on_shelf(shelf), kept if gone else some(6)), at
        assert (await verified(store, shelf)).right, at
        await died(store, where, Fate(10**9, after=False), drops=drops)

        assert same(on_shelf(shelf), kept), at
        assert (await verified(store, shelf)).right, at
        assert len(shelf.rows()) == (2 if drops else 3), at
        assert [*where.rglob("*.tmp")] == []
        if not cut:
            break
    assert at > 15


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_a_portion_that_is_not_written_as_a_whole_is_no_part_of_it(
    store: Store, tmp_path: Path, after: bool
) -> None:
    for at in count():
        await store.call("FLUSHALL")
        where = tmp_path / str(at)
        shelf = Shelf(str(where))
        await in_files(store, shelf, 4)
        await settle(store, some(5, first=4))
        try:
            await export(store, MortalShelf(str(where), Fate(at, after=after)), "acme", portion=6)
        except Death:
            await expire(store, "acme")
        else:
            break
        await compact(store, shelf, "acme", before=LATER)
        assert (await verified(store, shelf)).right, at
        await export(store, shelf, "acme")
        await compact(store, shelf, "acme", before=LATER)
        assert same(on_shelf(shelf), some(9)), at
        assert (await verified(store, shelf)).right, at
    assert at > 8


async def test_dropped_days_are_gone_and_are_no_difference(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 12)
    await drop_before(store, shelf, "acme", "2023-11-16")

    assert {path.split("/")[0] for path in shelf.rows()} == {"date=2023-11-16"}
    found = await verified(store, shelf)
    assert (found.right, found.events, found.dropped) == (True, 4, (("acme", "2023-11-16"),))


async def test_rows_that_come_late_for_a_dropped_day_do_not_count(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 6)
    await drop_before(store, shelf, "acme", "2023-11-15")
    await in_files(store, shelf, 3, first=6)

    assert (await verified(store, shelf)).right
    assert all(flat.at >= NOON + DAY for flat in on_shelf(shelf))
    assert (await compact(store, shelf, "acme", before=None)).removed == 1


async def test_what_was_dropped_stays_dropped(shelf: Shelf) -> None:
    drop(shelf, "acme", "2023-11-16")
    drop(shelf, "acme", "2023-11-15")
    assert dropped(shelf, "acme") == "2023-11-16"
    assert dropped(shelf, "other") is None


async def test_a_damaged_marker_is_named(shelf: Shelf) -> None:
    shelf.put("_dropped/organisation=acme.json", b"{")
    with pytest.raises(LedgerUnusable, match=r"_dropped/organisation=acme\.json is damaged"):
        dropped(shelf, "acme")


async def test_a_file_with_a_name_of_its_own_is_read_and_left_as_it_is(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 6)
    own = "date=2023-11-14/organisation=acme/restored.parquet"
    shelf.put(own, encode_rows([row(an_event(id="own"))]))

    await compact(store, shelf, "acme", before=LATER)
    assert own in shelf.rows()
    assert {flat.id for flat in on_shelf(shelf)} == {"own", *(f"e{n}" for n in range(6))}


async def test_an_old_file_that_was_put_back_is_passed_over(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 12)
    path = shelf.rows()[0]
    content = shelf.get(path)
    assert content is not None
    await compact(store, shelf, "acme", before=LATER)
    shelf.put(path, content)

    assert [file.path for file in files(shelf, "acme").left_over] == [path]
    assert same(on_shelf(shelf), some(12))


async def test_it_does_not_begin_while_an_export_runs(store: Store, shelf: Shelf) -> None:
    await in_files(store, shelf, 3)
    async with lease(store, "acme"):
        with pytest.raises(LedgerBusy):
            await compact(store, shelf, "acme", before=LATER)


def of_columns(*columns: str) -> bytes:
    """A file as an older version wrote it."""
    table = pq.read_table(pa.BufferReader(encode_rows([row(an_event(id="old"))])))
    sink = pa.BufferOutputStream()
    pq.write_table(table.drop_columns(list(columns)), sink)
    return bytes(sink.getvalue().to_pybytes())


def test_files_of_an_older_version_get_the_columns_that_they_lack() -> None:
    old = of_columns("kind", "requests", "charges", "service_tier", "asked_tier", "answer_seconds")
    merged = merge({"old": old, "new": encode_rows([row(an_event(id="new"))])}, "acme")

    first, second = decode_rows(merged, "acme")
    assert (first.id, first.kind, first.requests, first.asked_tier) == ("old", "event", 1, None)
    assert second == row(an_event(id="new"))
    assert pq.read_schema(pa.BufferReader(merged)).equals(SCHEMA)


def test_a_file_of_a_later_version_is_not_merged() -> None:
    table = pq.read_table(pa.BufferReader(encode_rows([row(an_event())])))
    sink = pa.BufferOutputStream()
    pq.write_table(table.append_column("later", pa.array(["x"])), sink)
    with pytest.raises(LedgerUnusable, match=r"place was written by a later version of RouterGate \(later\)"):
        merge({"place": sink.getvalue().to_pybytes()}, "acme")


def test_a_file_that_is_gone_or_damaged_is_not_merged() -> None:
    for content in (None, b"nothing"):
        with pytest.raises(LedgerUnusable, match="place is damaged"):
            merge({"place": content}, "acme")


def test_rows_that_nobody_can_read_stop_a_merge() -> None:
    with pytest.raises(LedgerUnusable, match="place is damaged"):
        merge({"place": of_columns("id")}, "acme")


def test_a_row_of_a_file_is_what_was_written() -> None:
    event = row(an_event(service_tier="priority", asked_tier="auto"))
    assert [*decode_rows(encode_rows([event]), "acme")] == [event]
    assert msgspec.structs.asdict(event)["asked_tier"] == "auto"
