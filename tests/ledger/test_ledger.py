import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures, Total
from routergate.ledger.batch import Batch, batch
from routergate.ledger.delivery import HORIZON, SETTLE
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.names import events_key, usage_key, writers_key
from routergate.ledger.posting import posting
from routergate.ledger.reader import totals
from routergate.ledger.record import row
from routergate.ledger.totals import increments, read_totals
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.events import an_attribution, an_event
from support.ledgers import events, written
from support.lines import Line
from support.redis import HandClock
from support.spooling import running, until_all_is_in_the_store


async def recorded(store: Store, organisation: str | None = None, key: str | None = None) -> list[Total]:
    """All totals of the days on which the events of these tests happened."""
    days = date(2023, 11, 14), date(2023, 11, 16)
    return await totals(store, since=days[0], until=days[1], organisation=organisation, key=key)


async def settle_all(
    store: Store, happened: Sequence[UsageEvent], clock: HandClock | None = None
) -> RedisLedger:
    with TemporaryDirectory() as spool:
        async with running(RedisLedger(store, clock or HandClock(), "host:0", Path(spool))) as ledger:
            for event in happened:
                ledger.settle(event)
            await until_all_is_in_the_store(ledger)
            return ledger


def a_batch(*happened: UsageEvent) -> Batch:
    return batch("acme", [posting(event) for event in happened], 1000)


async def apply(store: Store, work: Batch, *, writer: str = "w", sequence: int = 1, now: int = 1000) -> str:
    stamp = (writer, sequence, now * 1000, HORIZON)
    reply: list[bytes] = await store.run(SETTLE, work.keys, [*stamp, *work.contents])
    return reply[0].decode()


async def test_an_event_is_appended_and_counted(store: Store) -> None:
    ledger = await settle_all(store, [an_event()])

    assert await written(store) == [row(an_event())]
    [total] = await recorded(store)
    assert (total.organisation, total.key, total.model) == ("acme", "key-1", "mini")
    assert (total.measures.requests, total.measures.cost_nanos) == (1, 2_000_000)
    assert (ledger.settled, ledger.dropped, ledger.pending) == (1, 0, 0)


async def test_the_same_sequence_counts_once(store: Store) -> None:
    work = a_batch(an_event(), an_event(id="event-2"))

    assert [await apply(store, work) for _ in range(3)] == ["applied", "known", "known"]
    assert await apply(store, a_batch(an_event(id="event-3")), writer="another") == "applied"
    assert await apply(store, a_batch(an_event(id="event-4")), sequence=2) == "applied"
    [total] = await recorded(store, organisation="acme")
    assert total.measures.requests == len(await written(store)) == 4


async def test_a_reply_that_is_lost_does_not_count_twice(
    store: Store, redis_server: EmbeddedServer, tmp_path: Path
) -> None:
    async with Line.to(redis_server, tmp_path / "s") as line:
        line.replies_to_lose = 1
        ledger = await settle_all(line.store, [an_event(), an_event()])
    assert line.replies_to_lose == 0
    assert (ledger.settled, ledger.spooled) == (2, 2)
    assert len(await written(store)) == 2


async def test_what_waits_meanwhile_goes_together(store: Store) -> None:
    await store.call("CONFIG", "RESETSTAT")
    ledger = await settle_all(store, [an_event(id=str(n)) for n in range(150)])

    calls = (await store.call("INFO", "commandstats"))["cmdstat_evalsha"]["calls"]
    assert (ledger.settled, calls) == (150, 3)
    assert [flat.id for flat in await written(store)] == [str(n) for n in range(150)]


async def test_every_organisation_has_its_own_books(store: Store) -> None:
    names = ("acme", "umbrella", "acme")
    both = [an_event(id=f"event-{n}", attribution=an_attribution(name)) for n, name in enumerate(names)]
    await settle_all(store, both)

    requests = Counter({total.organisation: total.measures.requests for total in await recorded(store)})
    assert requests == {"acme": 2, "umbrella": 1}
    assert [total.organisation for total in await recorded(store, organisation="umbrella")] == ["umbrella"]
    assert await recorded(store, organisation="nobody") == []


async def test_totals_are_read_for_one_key_and_for_some_days(store: Store) -> None:
    await settle_all(store, [an_event()])

    assert len(await recorded(store, key="key-1")) == 1
    assert await recorded(store, key="key-2") == []
    assert await totals(store, since=date(2023, 11, 15), until=date(2024, 11, 15)) == []
    assert await totals(store, since=date(2023, 11, 15), until=date(2023, 11, 14)) == []


async def test_while_the_store_is_away_events_wait_on_disk(
    own_server: EmbeddedServer, tmp_path: Path
) -> None:
    store = connect(own_server.url, timeout=5)
    async with running(RedisLedger(store, HandClock(), "host:0", tmp_path)) as ledger:
        ledger.settle(an_event())
        await until_all_is_in_the_store(ledger)
        await asyncio.to_thread(own_server.stop)
        for n in range(100):
            ledger.settle(an_event(id=str(n)))
        assert await ledger.flush(10) == ledger.in_memory == 0
        assert (ledger.on_disk, ledger.pending, ledger.spooled) == (100, 100, 100)

        await asyncio.to_thread(own_server.start)
        await until_all_is_in_the_store(ledger)
    assert [flat.id for flat in await written(store)] == ["event-1", *map(str, range(100))]
    assert (ledger.settled, ledger.dropped, list(tmp_path.iterdir())) == (101, 0, [])
    await store.close()


async def test_what_cannot_be_written_at_the_end_is_logged_by_count(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    nowhere = connect("redis://127.0.0.1:1")
    async with running(RedisLedger(nowhere, HandClock(), "host:0", tmp_path, disk_room=0)) as ledger:
        ledger.settle(an_event())
        ledger.settle(an_event())
        assert await ledger.flush(0.01) == 2
    assert await ledger.close() == 2
    await nowhere.close()
    assert "2 usage events could be written neither to the store nor to disk" in caplog.text


async def test_a_run_that_is_cut_short_and_begun_again_loses_nothing(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, HandClock(), "host:0", tmp_path)
    for n in range(300):
        ledger.settle(an_event(id=str(n)))
    for turns in range(40):
        async with running(ledger):
            for _ in range(turns):
                await asyncio.sleep(0)
    async with running(ledger):
        await until_all_is_in_the_store(ledger)

    assert [flat.id for flat in await written(store)] == [str(n) for n in range(300)]


async def test_what_finds_no_room_is_counted(store: Store, tmp_path: Path) -> None:
    ledger = RedisLedger(store, HandClock(), "host:0", tmp_path, room=2)
    for _ in range(5):
        ledger.settle(an_event())

    assert (ledger.pending, ledger.dropped) == (2, 3)


async def test_an_event_that_cannot_be_written_does_not_hold_up_the_others(store: Store) -> None:
    impossible = an_event(cost=Nanos(2**70))
    ledger = await settle_all(store, [an_event(), impossible, an_event()])

    assert (ledger.settled, ledger.dropped, len(await written(store))) == (2, 1, 2)


async def test_a_batch_that_fails_half_way_is_not_tried_again(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    await store.call("SET", usage_key("acme", "2023-11-14", "key-1"), "in the way")
    ledger = await settle_all(store, [an_event()])

    assert (ledger.settled, ledger.dropped, len(await written(store))) == (0, 1, 1)
    assert "written in part only" in caplog.text
    assert "WRONGTYPE" in caplog.text


async def test_amounts_are_exact_beyond_what_a_float_can_hold(store: Store) -> None:
    odd = Nanos(2**53 - 1)
    await settle_all(store, [an_event(id=f"e{n}", cost=odd, baseline_cost=Nanos(0)) for n in range(3)])

    [total] = await recorded(store)
    assert (total.measures.cost_nanos, total.measures.savings_nanos) == (3 * odd, -3 * odd)


async def test_writers_that_are_long_gone_are_forgotten(store: Store) -> None:
    for n, now in enumerate((0, 1000, 1000 + HORIZON)):
        await apply(store, a_batch(an_event(id=f"event-{n}")), writer=f"w{n}", now=now)

    assert set(await store.fields(writers_key("acme"))) == {b"w1", b"w2"}


async def test_two_runs_of_one_process_are_two_writers(store: Store) -> None:
    for epoch in (1, 2):
        await settle_all(store, [an_event()], HandClock(epoch=epoch))

    assert set(await store.fields(writers_key("acme"))) == {b"host:0:1", b"host:0:2"}
    assert await store.call("XLEN", events_key("acme")) == 2


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(happened=st.lists(events(), max_size=30), cut=st.integers(0, 30))
async def test_the_totals_are_the_sum_of_the_events(
    store: Store, happened: list[UsageEvent], cut: int
) -> None:
    await store.call("FLUSHDB")
    await settle_all(store, happened[:cut], HandClock(epoch=1))
    await settle_all(store, happened[cut:], HandClock(epoch=2))

    for organisation in ("acme", "other one"):
        rows = await written(store, organisation)
        expected = [
            total
            for (day, key), fields in increments(rows).items()
            for total in read_totals(organisation, date.fromisoformat(day), key, as_stored(fields))
        ]
        found = await recorded(store, organisation=organisation)
        assert Counter(map(str, found)) == Counter(map(str, expected))
    assert summed(await recorded(store)).requests == len(happened)


def as_stored(fields: dict[str, int]) -> dict[bytes, bytes]:
    return {field.encode(): str(amount).encode() for field, amount in fields.items()}


def summed(found: Sequence[Total]) -> Measures:
    return sum((total.measures for total in found), Measures())
