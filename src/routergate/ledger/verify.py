"""The books, added up again: the files and the stream against the counters."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from typing import Any

from routergate.domain.totals import MEASURES, Measures, Total
from routergate.ledger.consumer import ledger_name, organisations, whole
from routergate.ledger.coverage import files
from routergate.ledger.lease import Lease, lease
from routergate.ledger.mark import Mark, read_mark
from routergate.ledger.names import counters_key, events_key, key, leases_key, name_of, usage_key
from routergate.ledger.parquet import partition_of, read_rows
from routergate.ledger.reader import used_keys
from routergate.ledger.record import EventRow
from routergate.ledger.retention import dropped
from routergate.ledger.shelf import Shelf
from routergate.ledger.spending import Charged, Spending, compared
from routergate.ledger.stream import PAGE, behind, entries
from routergate.ledger.totals import Increments, day_of, increments, read_totals
from routergate.store.client import Script, Store

SNAPSHOT = Script.packaged("routergate.ledger", "snapshot.lua")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A measure of a cell on which events and counters do not agree."""

    cell: Total
    """Whose measures are left empty here."""
    measure: str
    events: int
    """As the files and the stream have it."""
    counters: int
    """As the store has it."""

    def plain(self) -> dict[str, Any]:
        """For JSON: exact integers, tokens or nano-dollars or requests by the measure's name."""
        cell = {name: value for name, value in asdict(self.cell).items() if name != "measures"}
        cell["day"] = self.cell.day.isoformat()
        cell["class"] = cell.pop("model_class")
        return {**cell, "measure": self.measure, "events": self.events, "counters": self.counters}


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was added up, and what did not come out."""

    organisations: int = 0
    events: int = 0
    differences: tuple[Difference, ...] = ()
    spending: Spending = field(default_factory=Spending)
    """The counters of budgets."""
    holds: int = 0
    """Requests that hold something: they run, or wait to be swept."""
    dropped: tuple[tuple[str, str], ...] = ()
    """Organisations, and the first day of each that is kept: days before it were not looked at."""

    @property
    def right(self) -> bool:
        """Whether everything that was compared came out."""
        return not self.differences and not self.spending.differences

    def __add__(self, other: "Verification") -> "Verification":
        return Verification(
            organisations=self.organisations + other.organisations,
            events=self.events + other.events,
            differences=self.differences + other.differences,
            spending=self.spending + other.spending,
            holds=self.holds + other.holds,
            dropped=self.dropped + other.dropped,
        )


async def verify(store: Store, shelf: Shelf, since: date, until: date) -> Verification:
    """Every organisation's books, for the events that arrived from `since` to `until`, both included.

    Gateways may go on meanwhile; the export waits. Raises `LedgerBusy` if it runs right now.
    """
    paths = await whole(shelf.rows)
    on_shelf = {place[0] for path in paths if (place := partition_of(path))}
    found = Verification()
    for name in sorted(on_shelf | set(await organisations(store))):
        async with lease(store, name) as held:
            found += await _Audit(store, shelf, held, since, until).run()
    return found


@dataclass(slots=True)
class _Audit:
    store: Store
    shelf: Shelf
    lease: Lease
    since: date
    until: date
    sums: Increments = field(default_factory=dict)
    charged: dict[str, Charged] = field(default_factory=dict)
    """By the counter's name."""
    events: int = 0
    start: str = "-"
    """Where in the stream the sums go on."""

    @property
    def organisation(self) -> str:
        return self.lease.organisation

    async def run(self) -> Verification:
        kept = await whole(dropped, self.shelf, self.organisation)
        self.since = max(self.since, date.fromisoformat(kept)) if kept else self.since
        mark = await whole(
            read_mark, self.shelf, self.organisation, await ledger_name(self.store, self.organisation)
        )
        await self._add_files(mark)
        # Of a portion that is not written as a whole, the entries count and the files do not.
        self.start = behind(mark.last) if mark.written else mark.first
        await self._add_stream("+")
        differences = [found for place in await self._places() for found in await self._compared(*place)]
        return Verification(
            organisations=1,
            events=self.events,
            dropped=((self.organisation, kept),) if kept else (),
            differences=tuple(differences),
            spending=await self._spending(),
            holds=await self.store.call("ZCARD", leases_key(self.organisation)),
        )

    async def _spending(self) -> Spending:
        """Every counter of a budget of which the store or an event knows."""
        known = await self.store.call("SMEMBERS", counters_key(self.organisation))
        [now, _] = await self.store.call("TIME")
        found = Spending()
        for name in dict.fromkeys([*(name_of(self.organisation, one) for one in known), *self.charged]):
            keys = [events_key(self.organisation), key(self.organisation, f"count:{name}")]
            last, flat = await self.store.run(SNAPSHOT, keys, [])
            await self.lease.renew()
            await self._add_stream(last.decode())
            fields = dict(zip(flat[::2], flat[1::2], strict=True))
            charged = self.charged.get(name, Charged())
            found += compared(self.organisation, name, charged, fields, (self.since, self.until), int(now))
        return found

    async def _add_files(self, mark: Mark) -> None:
        for file in (await whole(files, self.shelf, self.organisation)).current:
            if self._within(file.day) and (mark.written or file.name != mark.name):
                await self.lease.renew()
                self._add(await whole(read_rows, self.shelf, file.path, self.organisation))

    async def _add_stream(self, until: str) -> None:
        rows: list[EventRow] = []
        async for entry, row in entries(self.store, self.organisation, self.start, until):
            self.start = behind(entry)
            rows.append(row)
            if len(rows) == PAGE:
                await self.lease.renew()
                self._add(rows)
                rows = []
        self._add(rows)

    def _add(self, rows: Sequence[EventRow]) -> None:
        within = [row for row in rows if self._within(day_of(row))]
        self.events += len(within)
        for row in within:
            for charge in row.charges:
                charged = self.charged.get(charge.counter, Charged())
                self.charged[charge.counter] = charged.more(charge.amount, day_of(row))
        for place, fields in increments(within).items():
            sums = self.sums.setdefault(place, {})
            for name, amount in fields.items():
                sums[name] = sums.get(name, 0) + amount

    async def _places(self) -> list[tuple[date, str]]:
        """Every day and key of which the store or an event knows."""
        known = await used_keys(self.store, self.organisation, self.since, self.until)
        return sorted({*known, *((date.fromisoformat(day), key) for day, key in self.sums)})

    async def _compared(self, day: date, used: str) -> list[Difference]:
        """The counters of a key and day, against all events up to the last that they can have in them."""
        keys = [events_key(self.organisation), usage_key(self.organisation, day.isoformat(), used)]
        last, flat = await self.store.run(SNAPSHOT, keys, [])
        await self.lease.renew()
        await self._add_stream(last.decode())
        sums = self.sums.get((day.isoformat(), used), {})
        events = {name.encode(): str(amount).encode() for name, amount in sums.items()}
        counters = dict(zip(flat[::2], flat[1::2], strict=True))
        ours, theirs = (
            list(read_totals(self.organisation, day, used, fields)) for fields in (events, counters)
        )
        return list(differences(ours, theirs))

    def _within(self, day: str) -> bool:
        return self.since.isoformat() <= day <= self.until.isoformat()


def differences(events: Iterable[Total], counters: Iterable[Total]) -> Iterator[Difference]:
    """Cell by cell, every measure on which the two do not agree."""
    ours, theirs = _by_cell(events), _by_cell(counters)
    for cell in dict.fromkeys([*ours, *theirs]):
        one, other = ours.get(cell, Measures()), theirs.get(cell, Measures())
        for name in MEASURES:
            if getattr(one, name) != getattr(other, name):
                yield Difference(
                    cell=cell, measure=name, events=getattr(one, name), counters=getattr(other, name)
                )


def _by_cell(totals: Iterable[Total]) -> dict[Total, Measures]:
    return {replace(total, measures=Measures()): total.measures for total in totals}
