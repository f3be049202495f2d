"""Batches → the store, once each."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import ParamSpec, TypeVar

from routergate.domain.errors import StoreUnavailable
from routergate.ledger.batch import ORGANISATIONS, Numbered
from routergate.store.client import Script, Store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SETTLE = Script.packaged("routergate.ledger", "settle.lua")
HORIZON = 90 * 86_400
"""Seconds after which a writer that was not heard of is forgotten."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between tries while the store is away; the last one from then on."""


class Delivery:
    """The settle script, and what came of it."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now
        self._introduced: set[str] = set()
        self.settled = 0
        """Events that are in the store."""
        self.dropped = 0
        """Events that were written in part only."""

    async def deliver(self, numbered: Numbered) -> bool:
        """Whether the store answered; if not, nobody knows whether it has the batch: deliver it again."""
        try:
            reply = await self._settled(numbered)
        except StoreUnavailable as error:
            self._introduced.clear()
            log.warning("usage events wait: %s", error)
            return False
        self._account(numbered.batch.size, str(reply, "utf-8", "replace"))
        return True

    async def _settled(self, numbered: Numbered) -> bytes:
        work = numbered.batch
        if work.organisation not in self._introduced:
            await self._store.call("SADD", ORGANISATIONS, work.organisation)
            self._introduced.add(work.organisation)
        stamp = numbered.writer, numbered.sequence, self._now(), HORIZON
        reply: bytes = await self._store.run(SETTLE, work.keys, [*stamp, *work.contents])
        return reply

    def _account(self, size: int, reply: str) -> None:
        if reply in {"applied", "known"}:
            self.settled += size
            return
        self.dropped += size
        log.error("%s usage events were written in part only: %s", size, reply)


def pauses() -> Iterator[float]:
    """Seconds to wait before each next try."""
    return chain(PAUSES, repeat(PAUSES[-1]))


async def unbroken(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What `work` returns, in a thread. It is not left by a cancellation: how it ends must be known.

    Follow it with `stop_if_cancelled` as soon as the outcome has been noted.
    """
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    while not task.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()


def stop_if_cancelled() -> None:
    """Make up for a swallowed cancellation: by `unbroken`, or `asyncio.wait_for` up to Python 3.11."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
