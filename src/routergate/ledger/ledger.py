"""The ledger in Redis: settle at once into memory, write soon, write once."""

import asyncio
import logging
from collections import deque
from contextlib import suppress
from itertools import chain, islice, repeat

from routergate.domain.errors import StoreUnavailable
from routergate.domain.event import UsageEvent
from routergate.ledger.batch import ORGANISATIONS, Batch, Line, batch
from routergate.ledger.record import encode, row
from routergate.ports import Clock, Ledger
from routergate.store.client import Argument, Script, Store

log = logging.getLogger(__name__)

SETTLE = Script.packaged("routergate.ledger", "settle.lua")
LARGEST_BATCH = 64
"""Events. Small enough to be prepared in two milliseconds or so: the event loop waits meanwhile."""
HORIZON = 7 * 86_400
"""Seconds after which a writer that was not heard of is forgotten."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between tries while the store is away; the last one from then on."""


class RedisLedger:
    """Events wait in memory while an earlier batch is on its way, and go together in the next one.

    `place` names the process among those that run (`<host>:<slot>`); with the time of its start it is the
    writer's name, which no other run may share.
    """

    def __init__(self, store: Store, clock: Clock, place: str, *, room: int = 100_000) -> None:
        self._store = store
        self._clock = clock
        self._writer = f"{place}:{clock.epoch_ns()}"
        self._room = room
        self._sequence = 0
        self._queue: deque[UsageEvent] = deque()
        self._batches: deque[Batch] = deque()
        self._introduced: set[str] = set()
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.settled = 0
        """Events written so far."""
        self.dropped = 0
        """Events lost so far: no room was left, or they could not be written."""

    @property
    def pending(self) -> int:
        """Events that are not written yet."""
        return len(self._queue) + sum(batch.size for batch in self._batches)

    def settle(self, event: UsageEvent) -> None:
        """Count and append the event once, without blocking and without raising."""
        if len(self._queue) >= self._room:
            self.dropped += 1
            return
        self._queue.append(event)
        self._idle.clear()
        self._waiting.set()

    async def run(self) -> None:
        """Write what is settled, until cancelled; nothing is lost by cancelling and running again."""
        while True:
            await self._waiting.wait()
            while self._batches or self._queue:
                if not self._batches:
                    self._gather()
                await self._write_next()
            self._waiting.clear()
            self._idle.set()

    async def flush(self, timeout: float) -> int:
        """Wait while `run` writes what is pending; how many events are not written when time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)
        if self.pending:
            log.error("%s usage events could not be written to the store in %g s", self.pending, timeout)
        return self.pending

    def _gather(self) -> None:
        events = list(islice(self._queue, LARGEST_BATCH))
        groups: dict[str, list[Line]] = {}
        for event in events:
            if line := self._written(event):
                groups.setdefault(line[0].organisation, []).append(line)
        self._batches.extend(batch(organisation, lines) for organisation, lines in groups.items())
        for _ in events:
            self._queue.popleft()

    def _written(self, event: UsageEvent) -> Line | None:
        """One event that cannot be written (a count beyond 64 bits) must not hold up the others."""
        try:
            flat = row(event)
            return flat, encode(flat)
        except (ValueError, OverflowError, TypeError):
            self.dropped += 1
            log.exception("Usage event %s cannot be written", event.id)
            return None

    async def _write_next(self) -> None:
        head = self._batches[0]
        reply = await self._insist(head)
        self._batches.popleft()
        self._sequence += 1
        self._account(head, reply)

    async def _insist(self, head: Batch) -> str:
        """The script's answer, however long the store is away."""
        pauses = chain(PAUSES, repeat(PAUSES[-1]))
        while True:
            reply = await self._try(head)
            _stop_if_cancelled()
            if reply:
                return reply
            await asyncio.sleep(next(pauses))

    async def _try(self, head: Batch) -> str | None:
        """The script's answer; `None` if there is none, and nobody knows whether the batch was applied."""
        try:
            if head.organisation not in self._introduced:
                await self._store.call("SADD", ORGANISATIONS, head.organisation)
                self._introduced.add(head.organisation)
            reply = await self._store.run(SETTLE, head.keys, [*self._stamp(), *head.contents])
        except StoreUnavailable as error:
            self._introduced.clear()
            log.warning("%s usage events wait, %s are lost: %s", self.pending, self.dropped, error)
            return None
        return str(reply, "utf-8", "replace")

    def _stamp(self) -> tuple[Argument, ...]:
        return self._writer, self._sequence + 1, self._clock.epoch_ns() // 1_000_000_000, HORIZON

    def _account(self, head: Batch, reply: str) -> None:
        if reply in {"applied", "known"}:
            self.settled += head.size
            return
        self.dropped += head.size
        log.error("%s usage events were written in part only: %s", head.size, reply)


def _stop_if_cancelled() -> None:
    """Up to Python 3.11 `asyncio.wait_for`, on which the client relies, may swallow a cancellation."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


_: type[Ledger] = RedisLedger
