"""Rows that stand for no request: money, or word of an answer, that comes to the books later."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from routergate.domain.errors import StoreUnavailable
from routergate.domain.usage import KINDS
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.delivery import Delivery
from routergate.ledger.posting import How, Posting
from routergate.ledger.record import EventRow, encode
from routergate.ports import Clock
from routergate.store.client import Store

_NO_REQUEST: Mapping[str, Any] = MappingProxyType(
    {
        "requests": 0,
        **dict.fromkeys(("team", "customer", "feature", "session")),
        **dict.fromkeys(("quality", "model", "provider", "model_class")),
        "tags": (),
        "task": "",
        "level": "",
        "complexity": 0.0,
        "threshold": 0.0,
        "streamed": False,
        "outcome": "ok",
        "attempts": (),
        **dict.fromkeys(KINDS),
        "usage_source": "provider",
        "cost_nanos": 0,
        "baseline": None,
        "baseline_cost_nanos": None,
        "total_seconds": 0.0,
        "first_token_seconds": None,
        "overhead_seconds": 0.0,
        "decision_seconds": 0.0,
    }
)


def without_request(**columns: Any) -> EventRow:
    """A row of a `kind` of its own; what is not given is nothing, and its kind stands for route and key."""
    return EventRow(**{**_NO_REQUEST, "route": columns["kind"], "key": columns["kind"], **columns})


class BesideBook:
    """Takes down rows of one kind, one portion at a time."""

    def __init__(self, store: Store, clock: Clock, kind: str) -> None:
        self._clock = clock
        self._kind = kind
        self._delivery = Delivery(store, lambda: clock.epoch_ns() // 1_000_000_000)
        self._writer = f"{kind}:{secrets.token_hex(8)}"
        self._portions = 0
        self._one_at_a_time = asyncio.Lock()

    async def book(self, organisation: str, rows: Sequence[EventRow]) -> None:
        """Have all of them in the ledger, or none; raises `StoreUnavailable`, and then nobody knows which."""
        work = batch(organisation, list(map(_posting, rows)), self._clock.epoch_ns() // 1_000_000_000)
        async with self._one_at_a_time:
            self._portions += 1
            if not await self._delivery.deliver(Numbered(self._writer, self._portions, work)):
                raise StoreUnavailable(f"The store is away; send the {self._kind} again later.")


def _posting(row: EventRow) -> Posting:
    return Posting(id=row.id, how=How.END, rows=(row,), texts=(encode(row),))
