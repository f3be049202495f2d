"""The ledger in Redis: settle at once into memory, write soon, write once; to disk while Redis is away."""

import asyncio
import logging
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

from routergate.domain.event import UsageEvent
from routergate.domain.reservation import Denied, Granted, Line
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.delivery import Delivery, pauses, stop_if_cancelled, unbroken
from routergate.ledger.posting import Posting, posting
from routergate.ledger.recovery import Recovery
from routergate.ledger.reservations import LEASE, Reservations
from routergate.ledger.spool import ROOM, Spool
from routergate.ports import Clock, Ledger
from routergate.store.client import Store

log = logging.getLogger(__name__)

Settled = tuple[UsageEvent, Mapping[str, Any] | None]
"""An event, and the columns of its decision if they are there already."""
LARGEST_BATCH = 64
"""Events. Small enough to be prepared in two milliseconds or so: the event loop waits meanwhile."""
LARGEST_WRITE = 16
"""Batches that go to disk at once."""


class RedisLedger:
    """Events wait in memory while an earlier batch is on its way, and go together in the next one.

    Batches leave in the order of their numbers, whatever way they take: what is on disk goes before what is
    in memory, because the store takes no number of a writer below one that it has.

    `place` names the process among those that run (`<host>:<slot>`); with the time of its start it is the
    writer's name, which no other run may share. `spool` is the folder for what the store does not take.
    `replicas` must have what is to be held durably; a hold that is not renewed for `lease` seconds is swept.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        place: str,
        spool: Path,
        *,
        room: int = 100_000,
        disk_room: int = ROOM,
        replicas: int = 0,
        lease: float = LEASE,
    ) -> None:
        self._clock = clock
        self._writer = f"{place}:{clock.epoch_ns()}"
        self._room = room
        self._sequence = 0
        self._queue: deque[Settled] = deque()
        self._batches: deque[Numbered] = deque()
        self._spool = Spool(spool, self._now, disk_room)
        self._delivery = Delivery(store, self._now)
        self._holds = Reservations(store, clock, replicas=replicas, lease=lease)
        self._recovery = Recovery(spool, self._delivery, self._now)
        self._waiting = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._dropped = 0
        self.spooled = 0
        """Events that went to disk so far."""

    @property
    def settled(self) -> int:
        """Events written so far, those of earlier processes among them."""
        return self._delivery.settled

    @property
    def dropped(self) -> int:
        """Events lost so far: no room was left, or they could not be written."""
        return self._dropped + self._delivery.dropped + self._recovery.dropped

    @property
    def corrected(self) -> int:
        """Events so far that had been booked before they came: as swept, or a second time."""
        return self._delivery.corrected + self._recovery.corrected

    @property
    def damaged(self) -> int:
        """Lines on disk that could not be read so far."""
        return self._spool.damaged + self._recovery.damaged

    @property
    def on_disk(self) -> int:
        """Events that wait on disk, those of earlier processes among them."""
        return self._spool.waiting + self._recovery.waiting

    @property
    def in_memory(self) -> int:
        """Events that are neither in the store nor on disk."""
        return len(self._queue) + _size(self._batches)

    @property
    def pending(self) -> int:
        """Events that are not in the store yet."""
        return self.in_memory + self.on_disk

    async def reserve(
        self, event: UsageEvent, lines: Sequence[Line], *, durable: bool = False
    ) -> Granted | Denied:
        """Hold every line or none; again, in place of what the request held before.

        `event` is what the request leaves if its process dies. `durable`: not before a replica has it.
        Raises `StoreUnavailable`; nobody knows then whether it is held until the request is settled.
        """
        return await self._holds.reserve(event, lines, durable=durable)

    async def renew(self) -> None:
        """Keep what running requests hold from being swept, until cancelled."""
        await self._holds.renew()

    def settle(self, event: UsageEvent) -> None:
        """Count and append the event once, let go of what it holds, without blocking and without raising."""
        columns = self._holds.release(event)
        if len(self._queue) >= self._room:
            self._dropped += 1
            return
        self._queue.append((event, columns))
        self._idle.clear()
        self._waiting.set()

    async def run(self) -> None:
        """Write what is settled, until cancelled; nothing is lost by cancelling and running again."""
        waits = pauses()
        self._waiting.set()
        while True:
            await self._waiting.wait()
            while self._batches or self._queue or not self._spool.empty:
                answered = await self._advance()
                stop_if_cancelled()
                if answered:
                    waits = pauses()
                else:
                    await self._sit_out(next(waits))
            self._waiting.clear()

    async def recover(self) -> None:
        """Write what processes that are gone have left on disk, until cancelled."""
        await self._recovery.run()

    async def flush(self, timeout: float) -> int:
        """Wait until every event is in the store or on disk; how many are in neither when time is up."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout)
        return self.in_memory

    async def close(self) -> int:
        """When `run` and `recover` have ended: leave the rest on disk; how many events are lost."""
        while self.in_memory and await self._save():
            pass
        if self.on_disk:
            log.warning("%s usage events wait in %s for the next start", self.on_disk, self._spool.folder)
        if self.in_memory:
            log.error("%s usage events could be written neither to the store nor to disk", self.in_memory)
        self._spool.release()
        self._recovery.release()
        return self.in_memory

    async def _advance(self) -> bool:
        """Get one batch further; whether the store answered."""
        if not self._spool.empty:
            return await self._replay()
        if not self._batches:
            self._gather()
        if self._batches:
            if not await self._delivery.deliver(self._batches[0]):
                return False
            self._batches.popleft()
        self._rest()
        return True

    async def _replay(self) -> bool:
        """The first batch on disk; what comes meanwhile goes to the end, in portions worth a write."""
        if len(self._queue) >= LARGEST_BATCH:
            await self._save()
        try:
            head = await unbroken(self._spool.head)
        except OSError as error:
            log.error("usage events on disk cannot be read, or their file cannot be removed: %s", error)
            return False
        if head is None:
            return True
        if answered := await self._delivery.deliver(head):
            self._spool.take()
        return answered

    async def _sit_out(self, seconds: float) -> None:
        """Put on disk what waits and what comes, until it is time for the next try."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            self._waiting.clear()
            if not await self._save():
                await asyncio.sleep(until - loop.time())
            elif not self._queue:
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        await self._waiting.wait()

    async def _save(self) -> bool:
        """Put a portion of what is in memory on disk, all in one write; whether it is there."""
        while self._queue and len(self._batches) < LARGEST_WRITE:
            self._gather()
            await asyncio.sleep(0)
        batches = tuple(self._batches)
        try:
            await unbroken(self._spool.append, batches)
        except OSError as error:
            log.error("usage events stay in memory, they cannot be put on disk: %s", error)
            stop_if_cancelled()
            return False
        self.spooled += _size(batches)
        self._batches.clear()
        self._rest()
        stop_if_cancelled()
        return True

    def _rest(self) -> None:
        if not self._batches and not self._queue:
            self._idle.set()

    def _gather(self) -> None:
        """Number a portion of the events, as many batches as there are organisations among them."""
        settled = list(islice(self._queue, LARGEST_BATCH))
        groups: dict[str, list[Posting]] = {}
        for event, columns in settled:
            if one := self._written(event, columns):
                groups.setdefault(event.attribution.identity.organisation, []).append(one)
        for organisation, postings in groups.items():
            self._sequence += 1
            work = batch(organisation, postings, self._now())
            self._batches.append(Numbered(self._writer, self._sequence, work))
        for _ in settled:
            self._queue.popleft()

    def _written(self, event: UsageEvent, columns: Mapping[str, Any] | None) -> Posting | None:
        """One event that cannot be written (a count beyond 64 bits) must not hold up the others."""
        try:
            return posting(event, columns)
        except (ValueError, OverflowError, TypeError):
            self._dropped += 1
            log.exception("Usage event %s cannot be written", event.id)
            return None

    def _now(self) -> int:
        return self._clock.epoch_ns() // 1_000_000_000


def _size(batches: Iterable[Numbered]) -> int:
    return sum(numbered.batch.size for numbered in batches)


_: type[Ledger] = RedisLedger
