"""Requests that wait in a real event loop."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

import pytest

from routergate.dispatch.line import Places
from routergate.dispatch.queue import Queue, Queues
from routergate.domain.errors import ProviderBusy
from routergate.domain.model import ProviderId
from routergate.domain.turn import Priority, Turn
from support.redis import HandClock

GPUS = ProviderId("gpus")
LONG = 60.0
CLOCK = HandClock()


@dataclass
class Heard:
    """Keeps what it is told."""

    waits: list[tuple[ProviderId, Priority, float]] = field(default_factory=list)

    def __call__(self, provider: ProviderId, priority: Priority, seconds: float) -> None:
        self.waits.append((provider, priority, seconds))


def a_queue(concurrent: int = 1, queue: int = 10, wait: float = LONG) -> Queue:
    queues = Queues()
    queues.take_up({GPUS: Places(concurrent=concurrent, queue=queue, wait=wait)}, 0.0)
    return queues[GPUS]


def entering(queue: Queue, seconds: float = LONG, **turn: str) -> Coroutine[None, None, None]:
    return queue.enter(Turn(**turn), seconds, CLOCK)  # type: ignore[arg-type] # a priority is a text


async def waiting(queue: Queue, requests: int) -> None:
    """Let the others run until so many wait."""
    while len(queue.line) != requests:
        await asyncio.sleep(0)


async def test_who_finds_no_place_waits_until_one_is_left() -> None:
    queue = a_queue()
    await entering(queue)
    second = asyncio.create_task(entering(queue))
    await waiting(queue, 1)
    assert not second.done()
    queue.leave(0.0, 1.0)
    await second
    assert (queue.line.running, len(queue.line)) == (1, 0)


async def test_a_full_queue_says_so_at_once_and_when_to_come_back() -> None:
    queue = a_queue(queue=0)
    await entering(queue)
    queue.line.usual = 3.0
    with pytest.raises(ProviderBusy, match="full") as caught:
        await entering(queue)
    assert caught.value.retry_after == 3.0


@pytest.mark.parametrize(("wait", "deadline"), [(0.01, LONG), (LONG, 0.01), (LONG, -1.0)])
async def test_who_waits_too_long_leaves_the_queue(wait: float, deadline: float) -> None:
    queue = a_queue(wait=wait)
    await entering(queue)
    with pytest.raises(ProviderBusy, match="too long"):
        await entering(queue, deadline)
    assert (queue.line.running, len(queue.line)) == (1, 0)


async def test_a_caller_who_leaves_frees_its_turn() -> None:
    queue = a_queue()
    await entering(queue)
    leaver = asyncio.create_task(entering(queue))
    stayer = asyncio.create_task(entering(queue))
    await waiting(queue, 2)
    leaver.cancel()
    await asyncio.wait({leaver})
    queue.leave(0.0, 1.0)
    await stayer
    assert leaver.cancelled()


async def test_who_leaves_just_when_it_is_called_leaves_its_place_to_the_next() -> None:
    queue = a_queue()
    await entering(queue)
    leaver = asyncio.create_task(entering(queue))
    stayer = asyncio.create_task(entering(queue))
    await waiting(queue, 2)
    queue.leave(0.0, 1.0)
    leaver.cancel()
    await asyncio.wait({leaver, stayer})
    assert leaver.cancelled()
    assert (stayer.exception(), queue.line.running, queue.line.usual) == (None, 1, 1.0)


async def test_who_is_called_at_the_last_moment_has_its_place() -> None:
    queue = a_queue()
    await entering(queue)
    second = asyncio.create_task(entering(queue, 0.0))
    await waiting(queue, 1)  # its time is over in the next round of the loop
    queue.leave(0.0, 1.0)
    await second
    assert queue.line.running == 1


async def test_more_places_after_a_reload_let_more_in_and_running_calls_still_count() -> None:
    queues = Queues()
    queues.take_up({GPUS: Places(concurrent=1, queue=10, wait=LONG)}, 0.0)
    queue = queues[GPUS]
    await entering(queue)
    others = [asyncio.create_task(entering(queue)) for _ in range(3)]
    await waiting(queue, 3)
    queues.take_up({GPUS: Places(concurrent=2, queue=10, wait=LONG)}, 0.0)
    await waiting(queue, 2)
    assert queue.line.running == 2
    queues.take_up({GPUS: None}, 0.0)
    await asyncio.gather(*others)
    queues.take_up({GPUS: Places(concurrent=4, queue=0, wait=LONG)}, 0.0)
    with pytest.raises(ProviderBusy):
        await entering(queue)


async def test_those_who_waited_are_told_of_with_their_time() -> None:
    heard, clock = Heard(), HandClock()
    queues = Queues(told=heard)
    queues.take_up({GPUS: Places(concurrent=1, queue=10, wait=LONG)}, 0.0)
    queue = queues[GPUS]
    await queue.enter(Turn(), LONG, clock)
    second = asyncio.create_task(queue.enter(Turn(priority=Priority.HIGH), LONG, clock))
    await waiting(queue, 1)
    clock.seconds = 2.5
    queue.leave(2.5, 2.5)
    await second
    assert heard.waits == [(GPUS, Priority.HIGH, 2.5)]
    assert [each.provider for each in queues] == [GPUS]
