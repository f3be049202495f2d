"""What one process sees, another one knows."""

import pytest

from routergate.dispatch.breaker import Circuits, Entry, State, Target
from routergate.domain.errors import StoreUnavailable
from routergate.domain.model import ModelId, ProviderId
from routergate.store.circuits import HEARSAY, KEY, exchange
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer

TARGET = Target(ProviderId("gpus"), "http://one/v1", ModelId("mini"))
ELSEWHERE = 1_000_000.0
"""What the other process's own clock shows at the same time: clocks need not agree."""


def opened(now: float = 0.0) -> Circuits:
    circuits = Circuits()
    circuits[TARGET].failed(Entry.PLAIN, now, retry_after=30.0)
    return circuits


async def test_a_circuit_that_opened_here_is_open_there_and_a_little_longer(store: Store) -> None:
    there = Circuits()
    await exchange(opened(), store, "here", 0.0)
    await exchange(there, store, "there", ELSEWHERE)
    until = there[TARGET].until
    assert until is not None
    assert until - ELSEWHERE == pytest.approx(30.0 + HEARSAY, abs=5.0)
    assert there[TARGET].state(ELSEWHERE + 20) is State.OPEN


async def test_a_recovery_is_heard_too(store: Store) -> None:
    here, there = opened(), Circuits()
    await exchange(here, store, "here", 0.0)
    await exchange(there, store, "there", ELSEWHERE)
    there[TARGET].answered(there[TARGET].enter(ELSEWHERE + 40), ELSEWHERE + 40)
    await exchange(there, store, "there", ELSEWHERE + 40)
    await exchange(here, store, "here", 40.0)
    assert here[TARGET].state(40.0) is State.CLOSED


async def test_what_one_has_said_oneself_is_no_news(store: Store) -> None:
    here = opened()
    before = here[TARGET].until
    await exchange(here, store, "here", 0.0)
    assert (here[TARGET].until, here[TARGET].news) == (before, False)
    await exchange(here, store, "here", -0.5)
    assert here[TARGET].until == before


async def test_what_was_heard_is_not_told_again(store: Store) -> None:
    there = Circuits()
    await exchange(opened(), store, "here", 0.0)
    word = await store.fields(KEY)
    await exchange(there, store, "there", ELSEWHERE)
    assert await store.fields(KEY) == word


async def test_words_of_another_version_are_passed_over(store: Store) -> None:
    await store.call("HSET", KEY, b"{}", b"{}")
    there = Circuits()
    await exchange(opened(), store, "here", 0.0)
    await exchange(there, store, "there", ELSEWHERE)
    assert [target for target, _ in there] == [TARGET]


async def test_the_store_forgets(store: Store) -> None:
    await exchange(opened(), store, "here", 0.0)
    assert 0 < int(await store.call("TTL", KEY)) <= 120


async def test_without_the_store_the_news_is_kept(own_server: EmbeddedServer, store: Store) -> None:
    here, away = opened(), connect(own_server.url)
    own_server.stop()
    with pytest.raises(StoreUnavailable):
        await exchange(here, away, "here", 0.0)
    await away.close()
    assert here[TARGET].news
    await exchange(here, store, "here", 0.0)
    assert await store.fields(KEY)
