from collections.abc import AsyncIterator

import pytest

from support.gateway import ADMIN_KEY
from support.stage import Caller, Stage, a_caller


@pytest.fixture
async def admin(stage: Stage) -> AsyncIterator[Caller]:
    """Someone with the admin key."""
    async with a_caller(stage.gateway.url, ADMIN_KEY) as someone:
        yield someone
