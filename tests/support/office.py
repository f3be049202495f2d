"""What an office sees: a store, a ledger, and events that were written at a time of one's choice."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from routergate.config.load import load
from routergate.config.spec import Config
from routergate.domain.event import UsageEvent
from routergate.ledger.consumer import export
from routergate.ledger.names import ORGANISATIONS, events_key
from routergate.ledger.record import EventRow, encode, row
from routergate.ledger.shelf import Shelf
from routergate.office.archive import answered
from routergate.office.papers import Asked, Reply
from routergate.office.view import View
from routergate.ports import Clock
from routergate.store.client import Store
from routergate.trusting import Trusts

NOTHING: Any = None


@dataclass(frozen=True)
class Written:
    """A row, and how long after its arrival it was written."""

    row: EventRow
    seconds: float = 1.0

    @property
    def at(self) -> int:
        """Milliseconds since the epoch."""
        return self.row.at // 1_000_000 + round(self.seconds * 1000)


def told(event: UsageEvent, **changes: Any) -> EventRow:
    """The event as a row, with other columns than it would have."""
    return msgspec.structs.replace(row(event), **changes)


async def write(store: Store, rows: Iterable[Written]) -> None:
    """Have them in the streams, in the order of their writing."""
    for one in sorted(rows, key=lambda it: it.at):
        await store.call("SADD", ORGANISATIONS, one.row.organisation)
        place = f"{one.at}-*"
        await store.call("XADD", events_key(one.row.organisation), place, "event", encode(one.row))


async def move(store: Store, where: Path, *organisations: str) -> None:
    """Have everything that is in the streams in files instead."""
    for name in organisations:
        await export(store, Shelf(str(where)), name)


def a_view(store: Store, clock: Clock, ledger: Path, config: Config = NOTHING) -> View:
    """One without a gateway."""
    return View(
        store=store,
        clock=clock,
        config=lambda: config,
        gateway=NOTHING,
        trusts=Trusts(),
        ledger=str(ledger),
        environment={},
    )


async def in_a_thread(asked: Asked) -> Reply:
    """What the process that reads files would answer."""
    return await asyncio.to_thread(answered, asked)


def configured(folder: Path, text: str) -> Config:
    """A configuration of this text."""
    path = folder / "routergate.yaml"
    path.write_text(text)
    return load(path, {})
