"""A primary, its replica and three Sentinels. What kills the primary comes last."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress

import pytest

from routergate.domain.errors import StoreUnavailable
from routergate.store.client import Store, connect
from support.scripts import COUNT
from support.sentinel import Watched, watched_by_sentinels

pytestmark = pytest.mark.xdist_group("sentinel")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with watched_by_sentinels(tmp_path_factory.mktemp("sentinel")) as up:
        yield up


@pytest.fixture
async def store(watched: Watched) -> AsyncIterator[Store]:
    store = connect(watched.url, timeout=5)
    yield store
    await store.close()


async def eventually(store: Store, key: str) -> int:
    """The next number, as soon as somebody gives it."""
    async with asyncio.timeout(20):
        while True:
            with suppress(StoreUnavailable):
                return int(await store.run(COUNT, [key], []))
            await asyncio.sleep(0.02)


async def test_calls_go_to_the_primary(watched: Watched, store: Store) -> None:
    assert await store.run(COUNT, ["n"], [], wait_replicas=1) == 1

    assert watched.primary.client.get("n") == b"1"
    assert await store.together([("SET", "a", 1), ("GET", "a")]) == [True, b"1"]
    assert watched.url == store.place


async def test_a_second_copy_that_does_not_exist_is_missed(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="1 of 2 replicas have confirmed"):
        await store.run(COUNT, ["m"], [], wait_replicas=2)
    assert store.up


async def test_a_sentinel_that_hangs_is_passed_over(watched: Watched) -> None:
    store = connect(watched.url, timeout=2)
    with watched.sentinels[0].hanging():
        await store.ping()
    await store.close()


async def test_a_database_other_than_the_first_is_chosen(watched: Watched) -> None:
    store = connect(f"{watched.url}/3", timeout=5)
    await store.call("SET", "in the third", 1)
    await store.close()

    assert watched.primary.client.info("keyspace")["db3"]["keys"] == 1


async def test_a_service_that_no_sentinel_knows_is_named(watched: Watched) -> None:
    store = connect(watched.url.replace("/rg", "/other"), timeout=5)
    with pytest.raises(StoreUnavailable, match="No master found for 'other'"):
        await store.ping()
    await store.close()


async def test_when_the_primary_is_killed_the_replica_is_used(watched: Watched, store: Store) -> None:
    before = await store.run(COUNT, ["k"], [], wait_replicas=1)
    watched.primary.kill()

    with pytest.raises(StoreUnavailable):
        await store.run(COUNT, ["k"], [])
    assert await eventually(store, "k") == before + 1
    assert store.up
    assert watched.replica.client.get("k") == str(before + 1).encode()
