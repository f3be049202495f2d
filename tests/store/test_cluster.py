"""A real cluster of six nodes. What kills a node of it comes last."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import pytest

from routergate.accounts.audit import AUDIT, entries
from routergate.accounts.keyring import StoredKeyring
from routergate.accounts.keys import KEYS
from routergate.accounts.registry import KeyRegistry
from routergate.domain.errors import StoreUnavailable
from routergate.ledger.consumer import export
from routergate.ledger.ledger import RedisLedger
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.names import events_key
from routergate.ledger.reader import totals
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import verify
from routergate.store.client import Store, connect
from support.cluster import RunningCluster, running_cluster
from support.events import an_attribution, an_event
from support.exports import on_shelf, same, settle
from support.ledgers import written
from support.redis import HandClock
from support.scripts import COUNT, PAIR
from support.spooling import running, until_all_is_in_the_store

pytestmark = pytest.mark.xdist_group("cluster")

DAY = date(2023, 11, 14)
ORGANISATIONS = [f"organisation {number}" for number in range(12)]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningCluster]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as up:
        yield up


@pytest.fixture
async def store(cluster: RunningCluster) -> AsyncIterator[Store]:
    cluster.flush()
    store = connect(cluster.url, timeout=5)
    yield store
    await store.close()


async def answers(store: Store, key: str) -> bool:
    try:
        await store.run(COUNT, [key], [])
    except StoreUnavailable:
        return False
    return True


async def until_answered(store: Store, key: str) -> None:
    async with asyncio.timeout(20):
        while not await answers(store, key):
            await asyncio.sleep(0.02)


async def test_keys_on_several_nodes_are_asked_for_together(cluster: RunningCluster, store: Store) -> None:
    names = [f"{{{number}}}" for number in range(20)]
    assert len({cluster.primary_of(name).port for name in names}) == 3

    written = await store.together([("SET", name, number) for number, name in enumerate(names)])
    read = await store.together([("GET", name) for name in names])
    assert (written, read) == ([True] * 20, [str(number).encode() for number in range(20)])
    await store.ping()
    assert store.up


async def test_an_error_among_several_replies_quotes_no_value(store: Store) -> None:
    await store.call("SET", "text", "x")

    with pytest.raises(StoreUnavailable, match="WRONGTYPE") as raised:
        await store.together([("SET", "other", 1), ("HSET", "text", "field", "a secret")])
    assert "a secret" not in str(raised.value)


async def test_a_script_is_sent_to_the_node_of_its_keys(cluster: RunningCluster, store: Store) -> None:
    for name in ("a", "b", "c", "d"):
        key = f"{{{name}}}"
        assert [await store.run(COUNT, [key], []) for _ in range(2)] == [1, 2]
        assert cluster.primary_of(key).client.get(key) == b"2"


async def test_a_script_over_two_slots_is_refused_without_quoting_values(store: Store) -> None:
    with pytest.raises(StoreUnavailable) as raised:
        await store.run(PAIR, ["{a}", "{b}"], ["a secret"])
    assert "a secret" not in str(raised.value)


async def test_keys_and_their_audit_log_change_in_one_step(store: Store) -> None:
    clock = HandClock()
    registry = KeyRegistry(store, clock, "tests")
    token, key = await registry.create("acme")
    keyring = StoredKeyring(store, [], clock)
    assert (await keyring.identify(token)).organisation == "acme"

    await registry.rotate(key)
    assert len(await registry.list()) == 2
    assert [entry.action for entry in await entries(store)] == ["create", "rotate", "create"]
    assert await store.together([("EXISTS", KEYS), ("EXISTS", AUDIT)]) == [1, 1]


async def test_lengths_are_shared(store: Store) -> None:
    one, other = LearnedLengths(), LearnedLengths()
    one.observe("mini", "chat", 10)
    await one.sync(store)
    await other.sync(store)

    assert one.expected("mini", "chat") == other.expected("mini", "chat") < 300


async def test_events_of_many_organisations_are_booked_exported_and_verified(
    store: Store, tmp_path: Path
) -> None:
    happened = [
        an_event(id=f"{name}/{number}", attribution=an_attribution(name))
        for name in ORGANISATIONS
        for number in range(5)
    ]
    await settle(store, happened)
    booked = await totals(store, since=DAY, until=DAY)
    assert sum(total.measures.requests for total in booked) == 60

    shelf = Shelf(str(tmp_path))
    for name in ORGANISATIONS:
        assert await export(store, shelf, name) == 5
    assert same(on_shelf(shelf), happened)
    found = await verify(store, shelf, DAY, DAY)
    assert (found.events, found.organisations, found.differences) == (60, 12, ())


async def test_a_write_that_its_replica_has_is_told_from_one_that_it_has_not(
    cluster: RunningCluster, store: Store
) -> None:
    assert await store.run(COUNT, ["{a}"], [], wait_replicas=1) == 1
    missing = pytest.raises(StoreUnavailable, match="0 of 1 replicas have confirmed")
    with cluster.replica_of("{a}").hanging(), missing:
        await store.run(COUNT, ["{a}"], [], wait_replicas=1)
    assert store.up
    assert await store.run(COUNT, ["{a}"], []) == 3


async def test_a_node_that_hangs_does_not_keep_calls_from_the_others(
    cluster: RunningCluster,
) -> None:
    here = next(name for name in ORGANISATIONS if cluster.primary_of(f"{{{name}}}") is cluster.primaries[0])
    there = next(name for name in ORGANISATIONS if cluster.primary_of(f"{{{name}}}") is cluster.primaries[1])
    store = connect(cluster.url, timeout=0.5)
    await until_answered(store, f"{{{here}}}")
    await until_answered(store, f"{{{there}}}")

    with cluster.primaries[0].hanging():
        for _ in range(2):
            assert not await answers(store, f"{{{here}}}")
            assert [await answers(store, f"{{{there}}}") for _ in range(5)] == [True] * 5
        assert not store.up
    await until_answered(store, f"{{{here}}}")
    await store.close()


@pytest.mark.parametrize("wait_replicas", [0, 1])
async def test_a_key_that_is_being_moved_to_another_node_is_found(
    cluster: RunningCluster, store: Store, wait_replicas: int
) -> None:
    key = f"{{on the move {wait_replicas}}}"
    await store.ping()

    async def count() -> int:
        return int(await store.run(COUNT, [key], [], wait_replicas=wait_replicas))

    with cluster.moving(key):
        assert sorted(await asyncio.gather(*(count() for _ in range(8)))) == list(range(1, 9))
        assert await store.together([("GET", key), ("SET", "{elsewhere}", 1)]) == [b"8", True]
    assert await count() == 9


@pytest.mark.parametrize("wait_replicas", [0, 1])
async def test_a_primary_that_hands_over_is_followed(
    cluster: RunningCluster, store: Store, wait_replicas: int
) -> None:
    key = "{handed over}"
    await store.run(COUNT, [key], [], wait_replicas=wait_replicas)
    await asyncio.to_thread(cluster.hand_over, key)

    async with asyncio.timeout(20):
        while True:
            try:
                assert await store.run(COUNT, [key], [], wait_replicas=wait_replicas) >= 2
                break
            except StoreUnavailable:  # the former primary has not become a replica yet
                await asyncio.sleep(0.02)


async def test_a_primary_is_killed_while_events_are_booked_and_none_is_lost_or_double(
    cluster: RunningCluster, store: Store, tmp_path: Path
) -> None:
    ledger = RedisLedger(store, HandClock(), "here:0", tmp_path / "spool")
    names = ORGANISATIONS[:6]
    victim = cluster.primary_now(events_key(names[0]))
    async with running(ledger):
        for number in range(600):
            if number == 200:
                await asyncio.to_thread(victim.kill)
            ledger.settle(an_event(id=str(number), attribution=an_attribution(names[number % len(names)])))
            await asyncio.sleep(0.002)
        await until_all_is_in_the_store(ledger, 600)
    await ledger.close()

    booked = [row.id for name in names for row in await written(store, name)]
    assert (len(booked), set(booked)) == (600, {str(number) for number in range(600)})
    assert (await verify(store, Shelf(str(tmp_path / "ledger")), DAY, DAY)).differences == ()
    assert ledger.dropped == 0
