"""A corrected price → adjustments: rows are taken back and booked anew, wherever they stand.

Only who holds the lease of the organisation's ledger does this, and the store checks that with each portion:
so nobody takes a row back twice. What was booked before a kill is found booked by the next run.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import blake2b
from itertools import count

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.amended import reversal
from routergate.ledger.batch import batch
from routergate.ledger.consumer import ledger_name, organisations, whole
from routergate.ledger.coverage import files
from routergate.ledger.delivery import HORIZON
from routergate.ledger.lease import Lease, lease
from routergate.ledger.mark import Mark, read_mark
from routergate.ledger.names import events_key, lease_key
from routergate.ledger.parquet import read_rows
from routergate.ledger.posting import Posting, repriced
from routergate.ledger.record import EventRow, encode
from routergate.ledger.repricing import Change, Costs, Left, Models, anew
from routergate.ledger.shelf import Shelf
from routergate.ledger.stream import PAGE, behind, entries
from routergate.ledger.totals import Day, day_of
from routergate.store.client import Script, Store

REPRICE = Script.packaged("routergate.ledger", "counters.lua", "fence.lua", "settle.lua")
PORTION = 64
"""Rows that are booked in one call."""
Priced = tuple[EventRow, Costs]
Place = tuple[str, Day, str]
"""Organisation, day and model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which rows are looked at, and what prices are right."""

    models: Models
    since: date
    until: date
    """The last day."""
    only: frozenset[str] = frozenset()
    """Models that answered or are the baseline; empty: all."""
    organisation: str | None = None
    """`None`: all."""

    def has(self, row: EventRow) -> bool:
        """Whether the row is looked at."""
        within = self.since.isoformat() <= day_of(row) <= self.until.isoformat()
        return within and (not self.only or not self.only.isdisjoint({row.model, row.baseline}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What changes, and what is left alone."""

    changes: dict[Place, Change] = field(default_factory=dict)
    left: dict[Left, int] = field(default_factory=dict)
    """Rows, by why."""

    @property
    def rows(self) -> int:
        """How many change."""
        return sum(change.rows for change in self.changes.values())

    def change(self, row: EventRow, costs: Costs) -> None:
        place = row.organisation, day_of(row), row.model or ""
        self.changes[place] = self.changes.get(place, Change()) + Change.of(row, costs)

    def leave(self, why: Left) -> None:
        self.left[why] = self.left.get(why, 0) + 1


async def correct(
    store: Store, shelf: Shelf, scope: Scope, now: int, *, book: bool, portion: int = PORTION
) -> Correction:
    """What the prices change; and, if `book`, the change itself. `now` is in seconds since the epoch.

    Gateways may go on meanwhile; the export waits. Raises `LedgerBusy` if it runs right now.
    """
    found = Correction()
    known = await organisations(store)
    for name in known if scope.organisation is None else [scope.organisation]:
        async with lease(store, name) as held:
            await _Pass(store, shelf, held, scope, now, book, portion, found).run()
    return found


@dataclass(slots=True)
class _Pass:
    store: Store
    shelf: Shelf
    lease: Lease
    scope: Scope
    now: int
    book: bool
    portion: int
    found: Correction
    taken: dict[str, list[bytes]] = field(default_factory=dict)
    """By request, what was taken back."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def organisation(self) -> str:
        return self.lease.organisation

    async def run(self) -> None:
        ledger = await ledger_name(self.store, self.organisation)
        mark = await whole(read_mark, self.shelf, self.organisation, ledger)
        last = await self.store.call("XREVRANGE", events_key(self.organisation), "+", "-", "COUNT", 1)
        until = last[0][0].decode() if last else "0-0"
        async for rows in self._rows(mark, until):
            self._note(rows)
        async for rows in self._rows(mark, until):
            await self._correct(rows)

    async def _rows(self, mark: Mark, until: str) -> AsyncIterator[list[EventRow]]:
        """Every row in question, in portions: of the files, and of the stream behind them."""
        for file in (await whole(files, self.shelf, self.organisation)).current:
            if self._within(file.day) and (mark.written or file.name != mark.name):
                await self.lease.renew()
                rows = await whole(read_rows, self.shelf, file.path, self.organisation)
                yield list(filter(self.scope.has, rows))
        start, page = behind(mark.last) if mark.written else mark.first, list[EventRow]()
        async for _, row in entries(self.store, self.organisation, start, until):
            page.append(row)
            if len(page) == PAGE:
                await self.lease.renew()
                yield list(filter(self.scope.has, page))
                page = []
        yield list(filter(self.scope.has, page))

    def _within(self, day: Day) -> bool:
        return self.scope.since.isoformat() <= day <= self.scope.until.isoformat()

    def _note(self, rows: Sequence[EventRow]) -> None:
        for row in rows:
            if row.kind == "reversal":
                self.taken.setdefault(row.id, []).append(_digest(row))

    async def _correct(self, rows: Sequence[EventRow]) -> None:
        wrong = [found for row in rows if self._stands(row) and (found := self._priced(row))]
        for start in range(0, len(wrong), self.portion):
            portion = wrong[start : start + self.portion]
            for row, costs in await self._booked(portion) if self.book else portion:
                self.found.change(row, costs)

    def _stands(self, row: EventRow) -> bool:
        """Whether it is what its request is booked as, and was not taken back."""
        if row.kind not in {"event", "correction"}:
            return False
        back = self.taken.get(row.id, [])
        if back and (digest := _digest(reversal(row))) in back:
            back.remove(digest)
            return False
        return True

    def _priced(self, row: EventRow) -> Priced | None:
        costs = anew(row, self.scope.models)
        if isinstance(costs, Left):
            self.found.leave(costs)
            return None
        return None if costs == (row.cost_nanos, row.baseline_cost_nanos) else (row, costs)

    async def _booked(self, portion: Sequence[Priced]) -> Sequence[Priced]:
        """Those that were booked: all but requests of which the store says that they have not ended."""
        if not portion:
            return portion
        verdict, *rest = await self._settled([repriced(row, *costs) for row, costs in portion])
        if verdict == b"again":
            open_ = {int(number) - 1 for number in rest[::2]}
            return await self._booked([each for n, each in enumerate(portion) if n not in open_])
        if verdict == b"lost":
            await self.lease.renew()
        if verdict != b"applied":
            why = b" ".join([verdict, *rest]).decode("utf-8", "replace")
            raise LedgerUnusable(
                f"{len(portion)} rows of {self.organisation!r} were corrected in part only ({why}). "
                "`routergate ledger verify` shows what is missing."
            )
        return portion

    async def _settled(self, postings: Sequence[Posting]) -> list[bytes]:
        await self.lease.renew()
        work = batch(self.organisation, postings, self.now)
        keys = [*work.keys, lease_key(self.organisation)]
        stamp = self.lease.holder, next(self.numbers), self.now * 1000, HORIZON
        reply: list[bytes] = await self.store.run(REPRICE, keys, [*stamp, *work.contents])
        return reply


def _digest(row: EventRow) -> bytes:
    return blake2b(encode(row), digest_size=16).digest()
