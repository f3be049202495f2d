"""A simulated provider, and the session by which it is asked."""

from collections.abc import AsyncIterator

import aiohttp
import pytest

from routergate.testing import Profile, Simulator


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def sim() -> AsyncIterator[Simulator]:
    async with Simulator(Profile(cached_share=0.5)) as simulator:
        yield simulator
