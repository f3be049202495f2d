"""How budgets stand, and how they came to stand so: what was spent on each day of their window."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final, TypeAlias

from routergate.allowances import budget_rows
from routergate.domain.budget import Measure, Window
from routergate.domain.money import usd_text
from routergate.domain.totals import Measures, Total
from routergate.domain.usage import INPUTS, OUTPUTS
from routergate.ledger.reader import portions
from routergate.office.view import View
from routergate.reporting.question import Dimension
from routergate.reporting.usage import TOTALLED, value_of
from routergate.spend.windows import span

LONGEST: Final = 92
"""Days of a window that is told by the day."""
PATIENCE: Final = 5.0
"""Seconds that it may take: rather none of it than no budgets."""
MEASURES: Final[Mapping[str, Measure]] = {one.spoken: one for one in Measure}
SCOPES: Final = frozenset(map(str, TOTALLED))
"""Those that totals are kept by: not sessions, not tags."""
Row: TypeAlias = Mapping[str, Any]
Subject: TypeAlias = tuple[str, str]
"""A scope, and who is meant."""


async def budgets(
    view: View, organisation: str | None, after: int, most: int
) -> tuple[Sequence[Row], int | None]:
    """Budgets and limits as they stand, each with `by_day`; `None`: totals do not know it."""
    rules, now = view.config().rules, view.clock.epoch_ns() // 1_000_000_000
    rows, following = await budget_rows(view.store, rules, view.clock, (organisation, after, most))
    begins = [_begins(row, rules.of(row["organisation"]).calendar, now) for row in rows]
    burnt: dict[str, Burnt] = {}
    for row, begin in zip(rows, begins, strict=True):
        if begin is not None:
            burnt.setdefault(row["organisation"], Burnt()).want(_subject(row), begin)
    for name, days in burnt.items():
        await days.read(view, name)
    told = zip(rows, begins, strict=True)
    return [
        {**row, "by_day": _by_day(row, begin, burnt.get(row["organisation"]))} for row, begin in told
    ], following


@dataclass(slots=True)
class Burnt:
    """What subjects of one organisation used, day by day (UTC)."""

    first: date = date.max
    known: bool = False
    sums: dict[Subject, dict[date, Measures]] = field(default_factory=dict)

    def want(self, subject: Subject, begin: date) -> None:
        """Look for one of them, from a day on."""
        self.first = min(self.first, begin)
        self.sums.setdefault(subject, defaultdict(Measures))

    async def read(self, view: View, organisation: str) -> None:
        """What the store's totals say, in time; else nothing is known."""
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aclosing(portions(view.store, (self.first, view.today()), organisation)) as found,
            ):
                async for portion in found:
                    await asyncio.to_thread(self._add, portion)
        except TimeoutError:
            return
        self.known = True

    def _add(self, totals: Iterable[Total]) -> None:
        dimensions = {Dimension(scope) for scope, _ in self.sums}
        for total in totals:
            for one in dimensions:
                days = self.sums.get((str(one), value_of(total, one) or ""))
                if days is not None:
                    days[total.day] += total.measures


def _begins(row: Row, calendar: Any, now: int) -> date | None:
    """The first day of the window, if its days are told."""
    if row["kind"] != "budget" or row["name"] is None or row["scope"] not in SCOPES:
        return None
    start = span(Window(row["window"]), calendar, now).start
    if start is None or now - start > LONGEST * 86_400:
        return None
    return datetime.fromtimestamp(start, UTC).date()


def _subject(row: Row) -> Subject:
    return row["scope"], row["name"]


def _by_day(row: Row, begin: date | None, burnt: Burnt | None) -> Sequence[Mapping[str, Any]] | None:
    if begin is None or burnt is None or not burnt.known:
        return None
    measure, days = MEASURES[row["measure"]], burnt.sums[_subject(row)]
    return [
        {"day": day.isoformat(), "spent": _amount(measure, days[day])} for day in sorted(days) if day >= begin
    ]


def _amount(measure: Measure, sums: Measures) -> str | int:
    match measure:
        case Measure.CASH:
            return usd_text(sums.cost_nanos)
        case Measure.LOADED:
            return usd_text(sums.loaded_nanos)
        case Measure.REQUESTS | Measure.CONCURRENCY:
            return sums.requests
        case Measure.INPUT_TOKENS:
            return _tokens(sums, INPUTS)
        case Measure.OUTPUT_TOKENS:
            return _tokens(sums, OUTPUTS)
        case Measure.TOKENS:
            return _tokens(sums, (*INPUTS, *OUTPUTS))


def _tokens(sums: Measures, kinds: Iterable[str]) -> int:
    return sum(int(getattr(sums, kind)) for kind in kinds)
