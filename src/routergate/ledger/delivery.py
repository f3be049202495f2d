"""Batches → the store, once each."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import ParamSpec, TypeVar

from routergate.domain.errors import StoreUnavailable
from routergate.ledger.batch import Numbered, batch, postings_of
from routergate.ledger.names import ORGANISATIONS
from routergate.ledger.posting import How, Posting, corrected, repeated
from routergate.store.client import Script, Store

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SETTLE = Script.packaged("routergate.ledger", "counters.lua", "settle.lua")
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
        self.corrected = 0
        """Events that came after they had been swept, or a second time."""

    async def deliver(self, numbered: Numbered) -> bool:
        """Whether the store answered; if not, nobody knows whether it has the batch: deliver it again."""
        try:
            reply, *rest = await self._settled(numbered)
            while reply == b"again":
                numbered = self._adjusted(numbered, rest)
                reply, *rest = await self._settled(numbered)
        except StoreUnavailable as error:
            self._introduced.clear()
            log.warning("usage events wait: %s", error)
            return False
        self._account(numbered.batch.size, reply, rest)
        return True

    async def _settled(self, numbered: Numbered) -> list[bytes]:
        work = numbered.batch
        if work.organisation not in self._introduced:
            await self._store.call("SADD", ORGANISATIONS, work.organisation)
            self._introduced.add(work.organisation)
        stamp = numbered.writer, numbered.sequence, self._now() * 1000, HORIZON
        reply: list[bytes] = await self._store.run(SETTLE, work.keys, [*stamp, *work.contents])
        return reply

    def _adjusted(self, numbered: Numbered, found: list[bytes]) -> Numbered:
        """The same batch, with those as corrections that the store has booked already."""
        work = numbered.batch
        states = dict(zip(map(int, found[::2]), found[1::2], strict=True))
        taken = list(postings_of(work))
        postings = [resolved(one, states.get(n)) for n, one in enumerate(taken, 1)]
        if late := sum(taken[n - 1].how is not How.SWEEP for n in states):
            self.corrected += late
            log.warning("%s usage events were booked before and are corrected", late)
        adjusted = batch(work.organisation, [one for one in postings if one], self._now())
        return Numbered(numbered.writer, numbered.sequence, adjusted)

    def _account(self, size: int, reply: bytes, rest: list[bytes]) -> None:
        if reply in {b"applied", b"known"}:
            self.settled += size
            return
        self.dropped += size
        why = b" ".join(rest).decode("utf-8", "replace")
        log.error("%s usage events were written in part only: %s", size, why)


def resolved(one: Posting, state: bytes | None) -> Posting | None:
    """A posting as the store's state of its request wants it; `None` where there is nothing left to book."""
    if state is None:
        return one
    if one.how is How.SWEEP:
        return None
    if state.startswith(b"S"):
        return corrected(one, state[1:])
    return repeated(one)


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
