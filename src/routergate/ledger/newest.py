"""The newest rows of streams, across organisations, a page at a time.

Rows are told by arrival and stand by completion, which is never before. So when so many were found that the
next entry was written before the last of them arrived, nothing behind it can be newer.
"""

import heapq
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Annotated, TypeAlias

import msgspec

from routergate.ledger.names import events_key
from routergate.ledger.record import EventRow, decode
from routergate.store.client import Store

PAGE = 100
"""Entries in one round trip."""
LONG_PAGE = 1_000
MOST_SEEN = 20_000
"""Entries that are looked at for one page, whatever they are."""
TOGETHER = 64
"""Streams in one round trip."""
SKEW = 2_000
"""Milliseconds by which the clocks of gateways and store may differ."""
MILLISECOND = 1_000_000
REQUESTS = frozenset({"event", "reversal", "correction", "duplicate"})
"""The kinds of rows that stand for requests of callers."""
Order: TypeAlias = tuple[Annotated[int, msgspec.Meta(ge=0, le=2**62)], str, str]
"""Of rows: arrival, id and kind."""


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ends, and the next one goes on."""

    before: Order
    """Everything from there on was given."""
    written: Annotated[int, msgspec.Meta(ge=0, le=2**53)] | None = None
    """Milliseconds since the epoch: what was not given was written before that; `None`: nobody knows."""


@dataclass(slots=True, kw_only=True)
class Newest:
    """Reads streams from their ends, the one with the latest entry first."""

    store: Store
    wanted: Callable[[EventRow], bool]
    most: int
    place: Place
    since: int
    """Rows that arrived before are not looked for; nanoseconds since the epoch."""
    looked_at: int = MOST_SEEN
    """Entries at most, whatever they are."""
    _found: list[tuple[int, EventRow]] = field(default_factory=list)
    """With the time at which each was written."""
    _latest: list[int] = field(default_factory=list)
    """A heap of the latest arrivals among them, as many as are wanted."""
    _ends: list[tuple[int, str, str]] = field(default_factory=list)
    """A heap of streams: the latest time that was not read yet, negative; the name, and where to go on."""

    async def read(self, organisations: Sequence[str]) -> None:
        """As many rows as are wanted, or as there are; raises `StoreUnavailable`."""
        await self._begin(organisations)
        seen = 0
        while self._ends and seen < self.looked_at and not self._enough():
            seen += await self._more()

    @property
    def over(self) -> bool:
        """Whether there is nothing left to read."""
        return not self._ends

    @property
    def whole(self) -> int:
        """Nanoseconds since the epoch: of the rows that arrived from then on, none is missing."""
        return self.since if self.over else max((self._unread + SKEW) * MILLISECOND, self.since)

    def rows(self) -> list[EventRow]:
        """The newest first; older ones than `whole` only if there is no other."""
        rows = sorted((row for _, row in self._found), key=order, reverse=True)
        return [row for row in rows if row.at >= self.whole] or rows

    def following(self, end: Order) -> Place:
        """The place of the next page, if this one ends there."""
        left = [written for written, row in self._found if order(row) < end]
        return Place(end, max([*left, 0 if self.over else self._unread]))

    @property
    def _unread(self) -> int:
        return -self._ends[0][0]

    async def _begin(self, organisations: Sequence[str]) -> None:
        """Where each stream ends, or where the page before has said that nothing is left behind."""
        start = "+" if self.place.written is None else str(self.place.written)
        rest = iter(organisations)
        while some := list(islice(rest, TOGETHER)):
            replies = await self.store.together(
                [("XREVRANGE", events_key(name), start, "-", "COUNT", 1) for name in some]
            )
            for name, entries in zip(some, replies, strict=True):
                if entries:
                    heapq.heappush(self._ends, (-_time(entries[0][0]), name, start))

    async def _more(self) -> int:
        """A page of the stream with the latest entry."""
        _, name, start = heapq.heappop(self._ends)
        page = await self.store.call("XREVRANGE", events_key(name), start, "-", "COUNT", PAGE)
        for place, fields in page:
            row = decode(fields[b"event"])
            if self.since <= row.at and order(row) < self.place.before and self.wanted(row):
                self._take(_time(place), row)
        if len(page) == PAGE and ((last := _time(page[-1][0])) + SKEW) * MILLISECOND >= self.since:
            heapq.heappush(self._ends, (-last, name, f"({page[-1][0].decode()}"))
        return len(page)

    def _take(self, written: int, row: EventRow) -> None:
        self._found.append((written, row))
        heapq.heappush(self._latest, row.at)
        if len(self._latest) > self.most:
            heapq.heappop(self._latest)

    def _enough(self) -> bool:
        """Whether no entry that was not read can be among the newest."""
        full = len(self._latest) == self.most
        return full and (self._unread + SKEW) * MILLISECOND < self._latest[0]


def order(row: EventRow) -> Order:
    """What tells which of two rows is newer."""
    return row.at, row.id, row.kind


def _time(entry: bytes) -> int:
    return int(entry.partition(b"-")[0])


async def called(store: Store, name: str, organisations: Sequence[str], since: int) -> list[EventRow]:
    """The rows of one request that arrived at `since` (nanoseconds) or later, in the order of their writing.

    Of each stream so many entries are looked at as of all of them for a page.
    """
    start, text = str(max(since // MILLISECOND - SKEW, 0)), name.encode()
    for organisation in organisations:
        found = [row async for row in _naming(store, organisation, start, text) if row.id == name]
        if rows := [row for row in found if row.kind in REQUESTS]:
            return rows
    return []


async def _naming(store: Store, organisation: str, start: str, text: bytes) -> AsyncIterator[EventRow]:
    """Rows that have a text in them somewhere; the others are not decoded."""
    for _ in range(MOST_SEEN // LONG_PAGE):
        page = await store.call("XRANGE", events_key(organisation), start, "+", "COUNT", LONG_PAGE)
        for _, fields in page:
            if text in fields[b"event"]:
                yield decode(fields[b"event"])
        if len(page) < LONG_PAGE:
            return
        start = f"({page[-1][0].decode()}"
