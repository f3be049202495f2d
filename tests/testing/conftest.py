from collections.abc import AsyncIterator

import pytest

from routergate.testing import Profile, Simulator


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(Profile(models=("sim-mini", "sim-reason"))) as simulator:
        yield simulator
