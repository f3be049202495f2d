"""A real Redis for tests: one server for each worker, emptied before each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass

import pytest

from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer


@dataclass
class HandClock:
    """A clock that goes when it is told to."""

    epoch: int = 1_700_000_000_000_000_000
    seconds: float = 0.0
    after_sleep: Callable[[], None] = lambda: None
    """What else happens while somebody sleeps."""

    def epoch_ns(self) -> int:
        return self.epoch

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.after_sleep()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    server = EmbeddedServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def store(redis_server: EmbeddedServer) -> AsyncIterator[Store]:
    # Longer than in production: on a busy machine a test must not fail for a slow answer.
    store = connect(redis_server.url, timeout=5)
    await store.call("FLUSHALL")
    yield store
    await store.close()


@pytest.fixture
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """A server that a test may stop and start as it likes."""
    server = EmbeddedServer(tmp_path_factory.mktemp("own-redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def clock() -> HandClock:
    return HandClock()
