"""What running requests hold in the store, and that they still run."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from routergate.domain.decision import Decision
from routergate.domain.errors import StoreUnavailable
from routergate.domain.event import UsageEvent
from routergate.domain.reservation import Denied, Granted, Line, Reply, Standing
from routergate.ledger.decided import decided
from routergate.ledger.names import (
    ORGANISATIONS,
    alerts_key,
    counter_key,
    counters_key,
    holds_key,
    leases_key,
)
from routergate.ledger.posting import forgotten, width
from routergate.ledger.record import encode, row
from routergate.ports import Clock
from routergate.store.client import Script, Store

log = logging.getLogger(__name__)

RESERVE = Script.packaged("routergate.ledger", "counters.lua", "reserve.lua")
LEASE = 30.0
"""Seconds after which a hold that nobody renews is swept."""
RENEWED_AT = 0.27
"""Of a lease. Two renewals in a row may fail before it ends."""


@dataclass(frozen=True, slots=True)
class Running:
    """A request that holds something, with the columns of its decision: settled, it has the same."""

    organisation: str
    decision: Decision | None
    columns: Mapping[str, Any]


class Reservations:
    """The holds of one process, by request and organisation. `lease` is in seconds."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        replicas: int = 0,
        lease: float = LEASE,
    ) -> None:
        self._store = store
        self._lease = round(lease * 1000)
        self._replicas = replicas
        self._clock = clock
        self._running: dict[str, Running] = {}
        self._introduced: set[str] = set()
        self._introducing = asyncio.Lock()

    async def reserve(self, event: UsageEvent, lines: Sequence[Line], *, durable: bool) -> Reply:
        """Hold every line or none; again, in place of what the request held before."""
        organisation, now = event.attribution.identity.organisation, self._now()
        await self._introduce(organisation)
        first = event.id not in self._running
        columns = decided(event.decision)
        self._running[event.id] = Running(organisation, event.decision, columns)
        keys = [
            *(name(organisation) for name in (holds_key, leases_key, counters_key, alerts_key)),
            *(counter_key(organisation, line.counter) for line in lines),
        ]
        asked = [_asked(line, now // 1000) for line in lines]
        arguments = (
            event.id,
            now,
            now + self._lease,
            encode(row(event, columns)),
            msgspec.json.encode(asked),
        )
        wait = self._replicas if durable else 0
        verdict, *numbers = await self._store.run(RESERVE, keys, arguments, wait_replicas=wait)
        reply = self._read(event.id, lines, verdict, numbers)
        if first and isinstance(reply, Denied):
            self.release(event)
        return reply

    async def renew(self) -> None:
        """Keep what runs from being swept, until cancelled."""
        while True:
            await asyncio.sleep(self._lease / 1000 * RENEWED_AT)
            try:
                await self.extend()
            except StoreUnavailable as error:
                log.warning("the holds of running requests could not be renewed: %s", error)

    def release(self, event: UsageEvent) -> Mapping[str, Any] | None:
        """The request runs no more; the columns of its decision, if that is the one of `event`."""
        running = self._running.pop(event.id, None)
        return running.columns if running and running.decision is event.decision else None

    async def extend(self) -> None:
        """Begin the lease of everything that runs anew."""
        until = self._now() + self._lease
        by_organisation: dict[str, list[str | int]] = {}
        for request, running in self._running.items():
            by_organisation.setdefault(running.organisation, []).extend((until, request))
        for organisation, pairs in by_organisation.items():
            await self._store.call("ZADD", leases_key(organisation), "XX", *pairs)

    async def _introduce(self, organisation: str) -> None:
        """Before the first hold: else, after a crash, nobody would look for it."""
        if organisation in self._introduced:
            return
        async with self._introducing:
            if organisation not in self._introduced:
                await self._store.call("SADD", ORGANISATIONS, organisation)
                self._introduced.add(organisation)

    def _read(self, request: str, lines: Sequence[Line], verdict: bytes, numbers: Sequence[int]) -> Reply:
        if verdict == b"denied":
            which, spent, held, wait = numbers
            return Denied(line=lines[which - 1], standing=Standing(spent=spent, held=held), wait=wait / 1000)
        if verdict == b"ended":
            raise StoreUnavailable(
                f"Request {request} was given up: the store had not heard of it for {self._lease // 1000} s. "
                "What it costs will be corrected when it ends."
            )
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return Granted(standings=[Standing(spent=spent, held=held) for spent, held in pairs])

    def _now(self) -> int:
        """Milliseconds since the epoch."""
        return self._clock.epoch_ns() // 1_000_000


def _asked(line: Line, now: int) -> tuple[str, int, int, int, int]:
    counter = line.counter
    limit = line.rule.limit if line.enforced else -1
    return counter.kind.value, line.amount, limit, width(counter), forgotten(counter, now)
