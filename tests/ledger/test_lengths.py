import asyncio

import pytest

from routergate.domain.errors import StoreUnavailable
from routergate.ledger.lengths import LearnedLengths
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.redis import HandClock


def test_without_experience_the_task_says_how_long() -> None:
    lengths = LearnedLengths()

    assert lengths.expected("mini", "classification") == 20
    assert lengths.expected("mini", "whatever") == 300


def test_experience_takes_over_by_and_by() -> None:
    lengths = LearnedLengths()
    seen = []
    for _ in range(200):
        lengths.observe("mini", "chat", 10)
        seen.append(lengths.expected("mini", "chat"))

    assert seen == sorted(seen, reverse=True)
    assert (seen[0], seen[19], seen[-1]) == (286, 155, 36)
    assert lengths.expected("large", "chat") == lengths.expected("mini", "other") == 300


async def test_replicas_learn_from_each_other_and_restarts_remember(store: Store) -> None:
    one, two = LearnedLengths(), LearnedLengths()
    for _ in range(20):
        one.observe("m|1", "chat", 100)
        two.observe("m|1", "chat", 700)

    await one.sync(store)
    await two.sync(store)
    await one.sync(store)
    restarted = LearnedLengths()
    await restarted.sync(store)
    assert [lengths.expected("m|1", "chat") for lengths in (one, two, restarted)] == [367, 367, 367]


async def test_what_is_learned_during_a_sync_is_kept_for_the_next(store: Store) -> None:
    lengths, other = LearnedLengths(), LearnedLengths()
    lengths.observe("mini", "chat", 700)
    syncing = asyncio.create_task(lengths.sync(store))
    await asyncio.sleep(0)
    lengths.observe("mini", "chat", 700)
    await syncing

    expected = round((300 * 20 + 1400) / 22)
    assert lengths.expected("mini", "chat") == expected
    await lengths.sync(store)
    await other.sync(store)
    assert other.expected("mini", "chat") == expected


async def test_while_the_store_is_away_nothing_is_forgotten(
    own_server: EmbeddedServer, clock: HandClock
) -> None:
    store, lengths, other = connect(own_server.url, timeout=5), LearnedLengths(), LearnedLengths()
    lengths.observe("mini", "chat", 700)
    await asyncio.to_thread(own_server.stop)
    with pytest.raises(StoreUnavailable):
        await lengths.sync(store)
    await asyncio.to_thread(own_server.start)

    await lengths.sync(store)
    await other.sync(store)
    assert other.expected("mini", "chat") == lengths.expected("mini", "chat") == 319
    await store.close()
