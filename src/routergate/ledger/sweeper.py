"""What died with its process: holds whose lease has ended become abandoned events. And what has expired."""

import asyncio
import logging
from collections.abc import Iterable
from itertools import count

import msgspec

from routergate.domain.errors import StoreUnavailable
from routergate.domain.reservation import Charge
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.delivery import Delivery
from routergate.ledger.names import ORGANISATIONS, holds_key, leases_key, read_counter
from routergate.ledger.posting import How, Posting
from routergate.ledger.record import decode
from routergate.ledger.reservations import LEASE
from routergate.ledger.standings import START, pruned
from routergate.ports import Clock
from routergate.store.client import Store

log = logging.getLogger(__name__)

LOOK_EVERY = 5.0
PORTION = 64
"""Holds that are swept in one call."""


class Sweeper:
    """Looks after every organisation's holds and counters. Any number may run: a hold is swept once.

    After an outage of the store, leases have ended of requests that run: their processes could not renew
    them. So nothing is swept before the store has answered for as long as a lease.
    """

    def __init__(self, store: Store, clock: Clock, place: str, *, lease: float = LEASE) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock
        self._writer = f"{place}:sweeper:{clock.epoch_ns()}"
        self._numbers = count(1)
        self._delivery = Delivery(store, self._now)
        self._answered_since: float | None = None
        self._pruning = START
        self._to_prune: list[str] = []
        self.swept = 0
        """Requests that were given up so far."""

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.look()
            except StoreUnavailable as error:
                self._answered_since = None
                log.warning("nothing is swept: %s", error)
            await asyncio.sleep(min(LOOK_EVERY, self._lease))

    async def look(self) -> None:
        """Sweep what is due, if the store has been there for long enough."""
        organisations = await self._store.members(ORGANISATIONS)
        now = self._clock.monotonic()
        self._answered_since = now if self._answered_since is None else self._answered_since
        if now - self._answered_since >= self._lease:
            for organisation in sorted(organisations):
                await self._sweep(organisation)
        await self._prune(organisations)

    async def _prune(self, organisations: Iterable[str]) -> None:
        """A portion of one organisation's index: it would grow with every window, and for ever."""
        if not self._to_prune:
            self._to_prune = sorted(organisations)
        if self._to_prune:
            self._pruning, _ = await pruned(self._store, self._to_prune[-1], self._pruning)
            if self._pruning == START:
                self._to_prune.pop()

    async def _sweep(self, organisation: str) -> None:
        while due := await self._due(organisation):
            work = batch(organisation, due, self._now())
            if not await self._delivery.deliver(Numbered(self._writer, next(self._numbers), work)):
                raise StoreUnavailable("The store went away while holds were swept.")
            gone, self.swept = self._delivery.settled - self.swept, self._delivery.settled
            log.warning("%s requests of %s were given up: their gateway is gone", gone, organisation)
            if len(due) < PORTION:
                return

    async def _due(self, organisation: str) -> list[Posting]:
        now = self._now() * 1000  # in whole seconds, as the script is told: else it would find some not due
        ids = await self._store.call(
            "ZRANGEBYSCORE", leases_key(organisation), "-inf", now, "LIMIT", 0, PORTION
        )
        held = await self._store.call("HMGET", holds_key(organisation), *ids) if ids else []
        return [
            _swept(name.decode(), hold)
            for name, hold in zip(ids, held, strict=True)
            if hold and hold[:1] == b"H"
        ]

    def _now(self) -> int:
        return self._clock.epoch_ns() // 1_000_000_000


def _swept(request: str, hold: bytes) -> Posting:
    """What a hold comes to: the row that was left with it, and its charges."""
    text = msgspec.msgpack.decode(hold[1:])[0]
    row = decode(text if isinstance(text, bytes) else text.encode())
    return Posting(
        id=request,
        how=How.SWEEP,
        rows=(row,),
        texts=(text if isinstance(text, bytes) else text.encode(),),
        charges=tuple(Charge(counter=read_counter(one.counter), amount=one.amount) for one in row.charges),
    )
