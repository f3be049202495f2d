"""What processes that are gone have left on disk → the store."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from pathlib import Path

from routergate.ledger.delivery import HORIZON, Delivery, pauses, stop_if_cancelled, unbroken
from routergate.ledger.spool import SpoolFile, leftovers

log = logging.getLogger(__name__)

LOOK_EVERY = 10.0
"""Seconds between looks for files that have lost their process."""
OLDEST = HORIZON - 86_400
"""Seconds. The store forgets writers after the horizon, and could then take a batch a second time."""


class Recovery:
    """Files are taken over, replayed in order, and removed, one after the other."""

    def __init__(self, folder: Path, delivery: Delivery, now: Callable[[], int]) -> None:
        self._folder = folder
        self._delivery = delivery
        self._now = now
        self._files: deque[SpoolFile] = deque()
        self.damaged = 0
        """Lines that were set aside so far."""
        self.dropped = 0
        """Events in files that were too old."""

    @property
    def corrected(self) -> int:
        """Events that had been booked before they came."""
        return self._delivery.corrected

    @property
    def waiting(self) -> int:
        """Events in the files that were taken over."""
        return sum(file.waiting for file in self._files)

    async def run(self) -> None:
        """Until cancelled; nothing is lost by cancelling and running again."""
        while True:
            self._files += await unbroken(leftovers, self._folder)
            stop_if_cancelled()
            while self._files:
                await self._finish(self._files[0])
            await asyncio.sleep(LOOK_EVERY)

    def release(self) -> None:
        """Leave the files to the next one who looks."""
        while self._files:
            self._files.popleft().release()

    async def _finish(self, file: SpoolFile) -> None:
        if self._now() - file.begun > OLDEST:
            await self._give_up(file)
        else:
            log.info("writing %s usage events that an earlier process left in %s", file.waiting, file.path)
            await self._replay(file)
            await unbroken(file.remove)
            self.damaged += file.damaged
        self._files.popleft()
        stop_if_cancelled()

    async def _replay(self, file: SpoolFile) -> None:
        waits = pauses()
        while head := await unbroken(file.head):
            stop_if_cancelled()
            if await self._delivery.deliver(head):
                file.take()
                waits = pauses()
            else:
                await asyncio.sleep(next(waits))
            stop_if_cancelled()

    async def _give_up(self, file: SpoolFile) -> None:
        shelf = await unbroken(file.shelve)
        self.dropped += file.waiting
        log.error("%s usage events are too old to be written once for sure; see %s", file.waiting, shelf)
