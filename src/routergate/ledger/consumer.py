"""Stream → files, exactly once, wherever it is killed.

Each step can be repeated, and is repeated until the next one was done: the bounds of a portion are written
down before its files; its files have names made of these bounds; the portion is marked as written when all of
them stand; only then are its entries removed from the stream.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import ParamSpec, TypeVar

import msgspec

from routergate.ledger.lease import Lease, lease
from routergate.ledger.mark import START, Mark, read_mark, write_mark
from routergate.ledger.names import ORGANISATIONS, ledger_key
from routergate.ledger.parquet import encode_rows, path_of
from routergate.ledger.record import EventRow
from routergate.ledger.shelf import Shelf
from routergate.ledger.stream import Entry, entries, following, forget
from routergate.ledger.totals import day_of
from routergate.store.client import Store

Given = ParamSpec("Given")
Result = TypeVar("Result")

PORTION = 10_000
"""Events in one file at most: some ten megabytes of memory, and less than a second to write."""


async def organisations(store: Store) -> list[str]:
    """All that ever left an event, in order."""
    return sorted(await store.members(ORGANISATIONS))


async def export(store: Store, shelf: Shelf, organisation: str, *, portion: int = PORTION) -> int:
    """How many events were moved: all that were there. Raises `LedgerBusy` if another process is at it."""
    async with lease(store, organisation) as held:
        work = _Export(store=store, shelf=shelf, organisation=organisation, lease=held, portion=portion)
        mark = await whole(read_mark, shelf, organisation, await ledger_name(store, organisation))
        return await work.run(mark)


async def ledger_name(store: Store, organisation: str) -> str:
    """What the store calls the ledger of an organisation, from the first time that it is asked on."""
    _, name = await store.together(
        [("SET", ledger_key(organisation), token_hex(16), "NX"), ("GET", ledger_key(organisation))]
    )
    return str(name, "ascii")


async def whole(work: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """What `work` gives, done in a thread. A cancellation waits for its end: a thread cannot be stopped."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@dataclass(frozen=True, slots=True, kw_only=True)
class _Export:
    store: Store
    shelf: Shelf
    organisation: str
    lease: Lease
    portion: int

    async def run(self, mark: Mark) -> int:
        moved = 0
        if not mark.written:
            found = entries(self.store, self.organisation, mark.first, mark.last)
            mark, moved = await self._finished(mark, [row async for _, row in found])
        while portion := await self._next(mark):
            begun = msgspec.structs.replace(mark, first=portion[0][0], last=portion[-1][0])
            begun = await self._marked(begun, written=False)
            mark, more = await self._finished(begun, [row for _, row in portion])
            moved += more
        return moved

    async def _next(self, mark: Mark) -> list[Entry]:
        """The portion behind the one that was written; the stream may forget that one."""
        if mark.last != START:
            await self.lease.renew()
            await forget(self.store, self.organisation, mark.last)
        return await following(self.store, self.organisation, mark.last, self.portion)

    async def _finished(self, begun: Mark, rows: Sequence[EventRow]) -> tuple[Mark, int]:
        """One file for each day of the portion. Days are told by arrival, entries stand by completion."""
        days: dict[str, list[EventRow]] = {}
        for row in rows:
            days.setdefault(day_of(row), []).append(row)
        for day, same in days.items():
            content = await whole(encode_rows, same)
            await self._put(path_of(self.organisation, day, begun.name), content)
        return await self._marked(begun, written=True), len(rows)

    async def _put(self, path: str, content: bytes) -> None:
        await self.lease.renew()
        await whole(self.shelf.put, path, content)

    async def _marked(self, mark: Mark, *, written: bool) -> Mark:
        changed = msgspec.structs.replace(mark, written=written)
        await self.lease.renew()
        await whole(write_mark, self.shelf, self.organisation, changed)
        return changed
