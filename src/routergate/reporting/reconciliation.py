"""A provider's own account beside the ledger: what matches, is missing or extra, and whose price drifts."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from ibis import Table

from routergate.domain.money import Nanos
from routergate.reporting.charged import charged, read, wrote
from routergate.reporting.engine import fetched
from routergate.reporting.report import Column, Report, Unit, Value
from routergate.reporting.rows import money, requests
from routergate.reporting.statements import Entry

Key = tuple[date, str | None]
"""A day, and the provider's name of a model; `None`: all of them."""
CRUMB = 10_000
"""Nano-dollars of a day and model that nobody argues about."""
_USAGE = ("requests", "input_tokens", "output_tokens")


class Verdict(StrEnum):
    """How a day and model compares."""

    MATCHED = "matched"
    MISSING = "missing"
    """The provider has it and the ledger has not: requests that went past the gateway, or were lost."""
    EXTRA = "extra"
    """The ledger has it and the provider has not."""
    USAGE = "usage differs"
    PRICE = "price drifts"
    """The same usage at another cost."""
    UNPRICED = "no price"
    """The ledger does not know the cost of some of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One day and model, on both sides."""

    key: Key
    ours: Entry | None
    theirs: Entry | None
    verdict: Verdict


def booked(rows: Table, provider: str, name: Callable[[str], str]) -> tuple[dict[Key, Entry], dict[Key, int]]:
    """What the ledger has of a provider by day and model, under the provider's names; and requests without a
    known cost."""
    of = charged(rows).filter(lambda one: one.provider == provider)
    sums = of.group_by("date", "model").agg(
        requests=requests(of),
        input_tokens=read(of).sum().fill_null(0),
        output_tokens=wrote(of).sum().fill_null(0),
        cost=money(of, "cost_nanos"),
        unpriced=requests(of, of.cost_nanos.isnull()),
    )
    entries: dict[Key, Entry] = {}
    unpriced: dict[Key, int] = {}
    for row in fetched(sums.filter(sums.requests != 0)):
        entry, key = _entry(row, name(row["model"])), (row["date"], name(row["model"]))
        entries[key] = entries[key] + entry if key in entries else entry
        unpriced[key] = unpriced.get(key, 0) + int(row["unpriced"])
    return entries, unpriced


def compared(
    ours: Mapping[Key, Entry], theirs: Mapping[Key, Entry], unpriced: Mapping[Key, int], tolerance: float
) -> list[Compared]:
    """Every day and model of either side, within the days that the provider's account is about."""
    days = {day for day, _ in theirs}
    mine: dict[Key, Entry] = {}
    missing: dict[Key, int] = {}
    for key, one in ours.items():
        if key[0] in days:
            place = _merged(key, theirs)
            mine[place] = mine[place] + one if place in mine else one
            missing[place] = missing.get(place, 0) + unpriced.get(key, 0)
    return [
        Compared(
            key=key,
            ours=mine.get(key),
            theirs=theirs.get(key),
            verdict=_verdict(mine.get(key), theirs.get(key), missing.get(key, 0), tolerance),
        )
        for key in sorted({*mine, *theirs}, key=lambda key: (key[0], key[1] or ""))
    ]


def reconciled(found: Iterable[Compared], provider: str) -> Report:
    """For people and programs; the notes count the verdicts."""
    listed = list(found)
    days = sorted(one.key[0] for one in listed)
    counts = {verdict: sum(one.verdict is verdict for one in listed) for verdict in Verdict}
    said = ", ".join(f"{verdict}: {count:,}" for verdict, count in counts.items() if count)
    return Report(
        title=f"Reconciliation with {provider}",
        since=days[0],
        until=days[-1],
        columns=COLUMNS,
        rows=tuple(tuple(_cells(one)) for one in listed),
        notes=(f"Days and models: {said}.",),
    )


COLUMNS = (
    Column("day", Unit.DAY, "of the provider's account, UTC"),
    Column("model", Unit.TEXT, "as the provider calls it; empty: all of them"),
    Column("verdict", Unit.TEXT, ", ".join(Verdict)),
    *(
        Column(f"{side}_{name}", unit, f"{meaning}, by {whose}")
        for name, unit, meaning in (
            ("requests", Unit.COUNT, "requests"),
            ("input_tokens", Unit.COUNT, "tokens that were read"),
            ("output_tokens", Unit.COUNT, "tokens that were written"),
            ("cost_usd", Unit.USD, "what was paid"),
        )
        for side, whose in (("ledger", "the ledger"), ("provider", "the provider's account"))
    ),
    Column("difference_usd", Unit.USD, "the provider's cost less the ledger's"),
)


def _entry(row: Mapping[str, Any], model: str) -> Entry:
    return Entry(
        day=row["date"],
        model=model,
        requests=int(row["requests"]),
        input_tokens=int(row["input_tokens"]),
        output_tokens=int(row["output_tokens"]),
        cost=Nanos(int(row["cost"])),
    )


def _merged(key: Key, theirs: Mapping[Key, Entry]) -> Key:
    """Where the provider tells of all models together, so do we."""
    return (key[0], None) if (key[0], None) in theirs else key


def _verdict(ours: Entry | None, theirs: Entry | None, unpriced: int, tolerance: float) -> Verdict:
    if ours is None:
        return Verdict.MISSING
    if theirs is None:
        return Verdict.EXTRA
    for name in _USAGE:
        if _differ(getattr(ours, name), getattr(theirs, name), tolerance, 0):
            return Verdict.USAGE
    if unpriced and theirs.cost is not None:
        return Verdict.UNPRICED
    return Verdict.PRICE if _differ(ours.cost, theirs.cost, tolerance, CRUMB) else Verdict.MATCHED


def _differ(one: int | None, other: int | None, tolerance: float, crumb: int) -> bool:
    """Whether both are known, and apart by more than a share of the larger."""
    if one is None or other is None:
        return False
    return abs(one - other) > max(tolerance * max(abs(one), abs(other)), crumb)


def _cells(one: Compared) -> Iterator[Value]:
    yield from (one.key[0], one.key[1], one.verdict.value)
    for name in (*_USAGE, "cost"):
        for side in (one.ours, one.theirs):
            yield getattr(side, name) if side else None
    costs = [side.cost for side in (one.theirs, one.ours) if side and side.cost is not None]
    yield costs[0] - costs[1] if len(costs) == 2 else None
