from collections.abc import AsyncIterator, Iterator

import pytest

from support.redis import own_server, redis_server, store
from support.stage import Caller, Stage, a_caller, a_stage

__all__ = ["own_server", "redis_server", "store"]


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with a_stage(tmp_path_factory.mktemp("stage")) as running:
        yield running


@pytest.fixture
async def caller(stage: Stage) -> AsyncIterator[Caller]:
    async with a_caller(stage.gateway.url) as someone:
        yield someone
