"""A server that answers well and far too late, behind a whole gateway."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from routergate.dispatch.breaker import State
from routergate.dispatch.outliers import ENOUGH, LATEST, MINUTE
from routergate.domain.model import ProviderId
from routergate.store.client import Store
from routergate.testing import Call, Simulator
from support.wall import Wall, a_wall

LATE = 10.0
"""Seconds, by the gateway's clock."""
OUTLIERS = {"latency": 3, "above": 1}


def beyond(seen: int, calls: Sequence[Call]) -> bool:
    return sum(call.body != {} for call in calls) > seen


@asynccontextmanager
async def late(server: Simulator, wall: Wall) -> AsyncIterator[None]:
    """Time passes while that server is about to answer."""

    async def passing() -> None:
        for seen in count(len(server.calls)):
            await server.until(partial(beyond, seen))
            wall.clock.seconds += LATE

    server.fault = "slow:0.01"
    time = asyncio.create_task(passing())
    try:
        yield
    finally:
        time.cancel()
        await asyncio.wait([time])
        server.fault = None


def state(wall: Wall) -> State:
    return wall.gateway.dispatcher.states(wall.clock.seconds)[ProviderId("primary")]


async def asked(wall: Wall, times: int, *, stream: bool) -> Counter[str]:
    """Which model answered each of so many questions."""
    replies = [await wall.ask("auto", stream=stream) for _ in range(times)]
    assert {reply.status for reply in replies} == {200}
    return Counter(reply.headers["x-routergate-model"] for reply in replies)


@pytest.mark.parametrize("stream", [True, False])
async def test_a_server_that_is_late_is_passed_over_until_it_is_quick_again(
    tmp_path: Path, store: Store, *, stream: bool
) -> None:
    async with Simulator() as slow, Simulator() as quick:
        servers = [slow.base_url, quick.base_url]
        async with a_wall(tmp_path, store, replicas=servers, outliers=OUTLIERS) as wall:
            async with late(slow, wall):
                await asked(wall, 2 * LATEST + 1, stream=stream)
                assert state(wall) is State.OPEN
                noticed = len(slow.calls)
                assert noticed <= LATEST + 1
                assert await asked(wall, 30, stream=stream) == {"small": 30}
                assert len(slow.calls) == noticed
                wall.clock.seconds += 15
                await asked(wall, 10, stream=stream)
                assert len(slow.calls) == noticed + 1  # The one that finds out.
            wall.clock.seconds += 15
            await asked(wall, 10, stream=stream)
            assert state(wall) is State.CLOSED
            assert len(slow.calls) >= noticed + 5


async def test_servers_that_are_all_slow_answer_all_the_same(tmp_path: Path, store: Store) -> None:
    async with Simulator() as one, Simulator() as two:
        servers = [one.base_url, two.base_url]
        async with (
            a_wall(tmp_path, store, replicas=servers, outliers=OUTLIERS) as wall,
            late(one, wall),
            late(two, wall),
        ):
            assert await asked(wall, 2 * LATEST + 10, stream=True) == {"small": 2 * LATEST + 10}
            assert state(wall) is State.CLOSED


async def test_a_server_without_peers_that_is_late_is_passed_over_for_the_next_candidate(
    tmp_path: Path, store: Store
) -> None:
    async with a_wall(tmp_path, store, outliers=OUTLIERS) as wall:
        for _ in range(ENOUGH + 5):
            assert await asked(wall, 5, stream=True) == {"small": 5}
            wall.clock.seconds += MINUTE
        async with late(wall.primary, wall):
            await asked(wall, LATEST + 5, stream=True)
            assert state(wall) is State.OPEN
            assert await asked(wall, 10, stream=True) == {"large": 10}
            assert (await wall.ask("alone", stream=True)).status == 200


async def test_without_the_option_nobody_is_late(tmp_path: Path, store: Store) -> None:
    async with Simulator() as slow, Simulator() as quick:
        servers = [slow.base_url, quick.base_url]
        async with a_wall(tmp_path, store, replicas=servers) as wall, late(slow, wall):
            await asked(wall, 2 * LATEST + 10, stream=True)
            assert state(wall) is State.CLOSED
