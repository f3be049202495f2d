import asyncio
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.ledger.batch import batch
from routergate.ledger.delivery import HORIZON
from routergate.ledger.ledger import LARGEST_BATCH, RedisLedger
from routergate.ledger.names import alerts_key, counters_key, leases_key, writers_key
from routergate.ledger.posting import posting
from routergate.ledger.reader import totals
from routergate.ledger.record import row
from routergate.ledger.spool import leftovers
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.events import an_event
from support.ledgers import written
from support.lines import Line
from support.redis import HandClock
from support.spooling import a_process_that_spools, running, until_all_is_in_the_store

NOWHERE = "redis://127.0.0.1:1"


def a_ledger(store: Store, spool: Path, run: int = 1, **changes: int) -> RedisLedger:
    """The ledger of the n-th process that runs."""
    return RedisLedger(store, HandClock(epoch=1_700_000_000_000_000_000 + run), "host:0", spool, **changes)


async def names(store: Store) -> list[str]:
    return [flat.id for flat in await written(store)]


async def counted(store: Store) -> int:
    found = await totals(store, since=date(2023, 11, 14), until=date(2023, 11, 16))
    return sum(total.measures.requests for total in found)


async def left_on_disk(spool: Path, *ids: str, run: int = 1) -> None:
    """A process has come and gone, and has never seen the store."""
    nowhere = connect(NOWHERE)
    ledger = a_ledger(nowhere, spool, run)
    for name in ids:
        ledger.settle(an_event(id=name))
    assert await ledger.close() == 0
    await nowhere.close()


async def test_what_is_pending_at_shutdown_is_written_by_the_next_process(
    store: Store, tmp_path: Path
) -> None:
    ids = [str(n) for n in range(2 * LARGEST_BATCH + 1)]
    await left_on_disk(tmp_path, *ids)

    async with running(a_ledger(store, tmp_path, 2)) as ledger:
        await until_all_is_in_the_store(ledger, len(ids))
    assert (await names(store), await counted(store)) == (ids, len(ids))
    assert list(tmp_path.iterdir()) == []


async def test_a_process_that_is_killed_while_the_store_is_away_loses_nothing_that_it_spooled(
    own_server: EmbeddedServer, tmp_path: Path
) -> None:
    ids = [str(n) for n in range(150)]
    await asyncio.to_thread(own_server.stop)
    with a_process_that_spools(own_server.url, tmp_path, *ids):
        assert leftovers(tmp_path) == []  # it is alive
    await asyncio.to_thread(own_server.start)

    store = connect(own_server.url, timeout=5)
    async with running(a_ledger(store, tmp_path)) as ledger:
        await until_all_is_in_the_store(ledger, 150)
    assert (await names(store), await counted(store)) == (ids, 150)
    await store.close()


async def test_of_two_processes_one_takes_over_a_file(store: Store, tmp_path: Path) -> None:
    await left_on_disk(tmp_path, "a", "b")

    async with running(a_ledger(store, tmp_path, 2)) as one, running(a_ledger(store, tmp_path, 3)) as other:
        async with asyncio.timeout(20):
            while one.settled + other.settled < 2:
                await asyncio.sleep(0.005)
    assert await names(store) == ["a", "b"]
    assert sorted((one.settled, other.settled)) == [0, 2]


async def test_a_batch_whose_reply_was_lost_before_the_crash_is_not_written_again(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path
) -> None:
    async with Line.to(redis_server, tmp_path / "s") as line:
        line.replies_to_lose = 1_000_000
        first = a_ledger(line.store, tmp_path / "spool")
        async with running(first):
            first.settle(an_event(id="a"))
            assert await first.flush(10) == 0
            first.settle(an_event(id="b"))
            assert await first.flush(10) == 0
        line.cut()
        assert await first.close() == 0
    assert await names(store) == ["a"]

    async with running(a_ledger(store, tmp_path / "spool", 2)) as second:
        await until_all_is_in_the_store(second, 2)
    assert (await names(store), await counted(store)) == (["a", "b"], 2)


async def test_a_replay_that_is_cut_short_goes_on_without_doubles(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path
) -> None:
    ids = [str(n) for n in range(6 * LARGEST_BATCH)]
    await left_on_disk(tmp_path / "spool", *ids)

    for run in range(2, 8):
        ledger = a_ledger(store, tmp_path / "spool", run)
        async with running(ledger):
            while ledger.settled < run * LARGEST_BATCH // 2:
                await asyncio.sleep(0)
        await ledger.close()
    async with running(a_ledger(store, tmp_path / "spool", 9)) as last:
        await until_all_is_in_the_store(last, len(ids))
    assert (await names(store), await counted(store)) == (ids, len(ids))


async def test_new_events_go_behind_those_on_disk(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path
) -> None:
    ids = [str(n) for n in range(700)]
    async with Line.to(redis_server, tmp_path / "s") as line:
        line.cut()
        async with running(a_ledger(line.store, tmp_path / "spool")) as ledger:
            for name in ids[:300]:
                ledger.settle(an_event(id=name))
            assert await ledger.flush(10) == 0
            line.mend()
            for name in ids[300:]:
                ledger.settle(an_event(id=name))
                await asyncio.sleep(0)
            await until_all_is_in_the_store(ledger)
    assert (await names(store), await counted(store)) == (ids, len(ids))


async def test_under_steady_traffic_the_way_back_from_disk_is_found(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path
) -> None:
    async with Line.to(redis_server, tmp_path / "s") as line:
        line.cut()
        async with running(a_ledger(line.store, tmp_path / "spool")) as ledger:
            happened = 0
            async with asyncio.timeout(30):
                while happened < 100 or ledger.on_disk:
                    ledger.settle(an_event(id=str(happened)))
                    happened += 1
                    await asyncio.sleep(0.001)
                    if happened == 100:
                        line.mend()
            await until_all_is_in_the_store(ledger)
    assert await names(store) == [str(n) for n in range(happened)]


async def test_when_the_disk_is_full_events_stay_in_memory_and_then_are_dropped_and_counted(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with Line.to(redis_server, tmp_path / "s") as line:
        line.cut()
        async with running(a_ledger(line.store, tmp_path / "spool", room=100, disk_room=1000)) as ledger:
            for n in range(300):
                ledger.settle(an_event(id=str(n)))
            assert (ledger.dropped, await ledger.flush(0.2)) == (200, 100)
            line.mend()
            await until_all_is_in_the_store(ledger)
    assert ledger.settled == len(await names(store)) == 100
    assert "cannot be put on disk" in caplog.text


async def test_a_damaged_line_is_counted(store: Store, tmp_path: Path) -> None:
    await left_on_disk(tmp_path, *[str(n) for n in range(2 * LARGEST_BATCH)])
    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b"acme", b"evil", 1))

    async with running(a_ledger(store, tmp_path, 2)) as ledger:
        await until_all_is_in_the_store(ledger, LARGEST_BATCH)
    assert (ledger.damaged, ledger.settled) == (1, LARGEST_BATCH)
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".damaged"]


async def test_a_file_so_old_that_its_writer_may_be_forgotten_is_left_to_the_operator(
    store: Store, tmp_path: Path
) -> None:
    await left_on_disk(tmp_path, "a", "b")
    later = HandClock(epoch=1_700_000_000_000_000_000 + HORIZON * 1_000_000_000)

    async with running(RedisLedger(store, later, "host:0", tmp_path)) as ledger:
        async with asyncio.timeout(10):
            while not ledger.dropped:
                await asyncio.sleep(0.005)
    assert (ledger.dropped, await names(store)) == (2, [])
    assert [kept.suffix for kept in tmp_path.iterdir()] == [".old"]


async def test_what_is_written_from_disk_is_what_would_have_been_written(
    store: Store, tmp_path: Path
) -> None:
    await left_on_disk(tmp_path, "a")
    async with running(a_ledger(store, tmp_path, 2)) as ledger:
        await until_all_is_in_the_store(ledger, 1)

    flat = row(an_event(id="a"))
    work = batch("acme", [posting(an_event(id="a"))], 1000)
    assert await written(store) == [flat]
    assert set(await store.fields(writers_key("acme"))) == {b"host:0:1700000000000000001"}
    unmoved = {leases_key("acme"), counters_key("acme"), alerts_key("acme")}
    assert all([await store.call("EXISTS", key) for key in work.keys if key not in unmoved])


STEPS = st.lists(st.sampled_from(["settle", "settle", "settle", "cut", "mend", "lose", "crash"]), max_size=14)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_whatever_happens_in_between_every_event_is_in_the_store_once(
    store: Store, redis_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    await store.call("FLUSHDB")
    folder = tmp_path_factory.mktemp("x")
    happened: list[str] = []
    async with Line.to(redis_server, folder / "s") as line:
        for run, life in enumerate(" ".join(steps).split("crash")):
            ledger = a_ledger(line.store, folder / "spool", run)
            async with running(ledger):
                for step in life.split():
                    match step:
                        case "settle":
                            happened.append(str(len(happened)))
                            ledger.settle(an_event(id=happened[-1]))
                            await asyncio.sleep(0)
                        case "cut":
                            line.cut()
                        case "mend":
                            line.mend()
                        case _:
                            line.replies_to_lose = 1
                await ledger.flush(10)
            assert ledger.in_memory == 0
            await ledger.close()
        line.mend()
        line.replies_to_lose = 0
        async with running(a_ledger(line.store, folder / "spool", 1000)) as last:
            async with asyncio.timeout(20):
                while len(await names(store)) < len(happened) or last.pending:
                    await asyncio.sleep(0.005)
    assert sorted(await names(store), key=int) == happened
    assert await counted(store) == len(happened)
