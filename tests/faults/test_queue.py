"""A provider that takes only so much, with real requests in front of it."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from routergate.dispatch.queue import Queue
from routergate.domain.model import ProviderId
from routergate.store.client import Store
from routergate.testing import Call, Ended
from support.stage import Reply
from support.wall import Wall, a_wall

LIMIT = {"limit": {"concurrent": 1, "queue": 2, "wait": 30}}
PRIMARY = ProviderId("primary")


def queue_of(wall: Wall) -> Queue:
    return wall.gateway.dispatcher.experience.queues[PRIMARY]


async def asked(wall: Wall, calls: int) -> None:
    """Wait until the primary has seen so many calls."""
    await wall.primary.until(lambda seen: len(seen) == calls)


async def waiting(wall: Wall, requests: int) -> None:
    async with asyncio.timeout(10):
        while len(queue_of(wall).line) != requests:
            await asyncio.sleep(0.001)


def ask(wall: Wall, text: str = "Hello?", model: str = "alone", **headers: str) -> asyncio.Task[Reply]:
    return asyncio.create_task(wall.caller.chat(model, text, headers))


def texts(calls: list[Call]) -> list[Any]:
    return [call.body["messages"][0]["content"] for call in calls]


async def blocked(wall: Wall, stack: AsyncExitStack) -> Callable[[], object]:
    """A request has the only place and keeps it, until this is called: then its caller leaves."""
    wall.primary.fault = "stall:1"
    first = asyncio.create_task(wall.caller.chat("alone", "first", stream=True))
    await asked(wall, 1)
    wall.primary.fault = None
    stack.callback(first.cancel)
    return first.cancel


async def test_requests_wait_in_the_order_of_their_priority(tmp_path: Path, store: Store) -> None:
    async with a_wall(tmp_path, store, **LIMIT) as wall, AsyncExitStack() as stack:
        leave = await blocked(wall, stack)
        low = ask(wall, "low", **{"x-routergate-priority": "low"})
        await waiting(wall, 1)
        high = ask(wall, "high", **{"x-routergate-priority": "high"})
        await waiting(wall, 2)
        leave()
        assert [(await reply).status for reply in (low, high)] == [200, 200]
        assert texts(wall.primary.calls) == ["first", "high", "low"]
        assert wall.primary.calls[0].ended is Ended.FAULTED


async def test_when_the_queue_is_full_the_next_candidate_answers_at_once(
    tmp_path: Path, store: Store
) -> None:
    async with a_wall(tmp_path, store, **LIMIT) as wall, AsyncExitStack() as stack:
        leave = await blocked(wall, stack)
        waiters = [ask(wall), ask(wall)]
        await waiting(wall, 2)
        elsewhere = await wall.ask("auto", stream=False)
        assert (elsewhere.headers["x-routergate-model"], wall.results) == (
            "large",
            ["small: busy", "large: ok"],
        )
        leave()
        await asyncio.gather(*waiters)


async def test_with_nobody_else_the_caller_is_told_when_to_come_back(tmp_path: Path, store: Store) -> None:
    limit = {"limit": {"concurrent": 1, "queue": 0, "wait": 7}}
    async with a_wall(tmp_path, store, **limit) as wall, AsyncExitStack() as stack:
        await blocked(wall, stack)
        reply = await wall.ask("alone", stream=False)
        assert (reply.status, reply.error["code"]) == (429, "upstream_throttled")
        assert reply.headers["retry-after"] == "7"
        assert wall.row.cost_nanos == 0


@pytest.mark.parametrize("model", ["alone", "auto"])
async def test_too_long_a_wait_is_over(tmp_path: Path, store: Store, model: str) -> None:
    limit = {"limit": {"concurrent": 1, "queue": 5, "wait": 0.01}}
    async with a_wall(tmp_path, store, **limit) as wall, AsyncExitStack() as stack:
        await blocked(wall, stack)
        reply = await wall.ask(model, stream=False)
        assert reply.status == (429 if model == "alone" else 200)
        assert wall.results[0] == "small: busy"


async def test_a_reload_lets_in_those_who_wait(tmp_path: Path, store: Store) -> None:
    async with a_wall(tmp_path, store, **LIMIT) as wall, AsyncExitStack() as stack:
        await blocked(wall, stack)
        waiter = ask(wall)
        await waiting(wall, 1)
        written = json.loads((tmp_path / "routergate.yaml").read_text())
        written["providers"]["primary"]["limit"]["concurrent"] = 2
        (tmp_path / "routergate.yaml").write_text(json.dumps(written))
        assert await wall.worker.reload() == ()
        assert (await waiter).status == 200
        assert queue_of(wall).line.running == 1  # the one that began before the reload
