from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from routergate.store.client import Store
from support.redis import redis_server, store
from support.wall import Wall, a_wall

__all__ = ["redis_server", "store"]


@pytest.fixture
async def wall(tmp_path: Path, store: Store) -> AsyncIterator[Wall]:
    async with a_wall(tmp_path, store) as running:
        yield running
