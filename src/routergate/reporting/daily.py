"""The ledger day by day: what a group cost on each, days without any included."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from ibis import Table

from routergate.reporting.engine import fetched
from routergate.reporting.question import Dimension
from routergate.reporting.rows import money, requests, summed

Group = tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Days:
    """One value for each day of one group, nano-dollars."""

    group: Group
    first: date
    costs: tuple[int, ...]

    @property
    def weekday(self) -> int:
        """Of the first."""
        return self.first.weekday()


def daily(rows: Table, by: Sequence[Dimension], since: date, until: date) -> list[Days]:
    """The cost of every group, from the first day of any on; the dearest first."""
    costs = _costs(rows, by)
    if not costs:
        return []
    first = max(since, min(day for _, day in costs))
    days = [first + timedelta(days=n) for n in range((until - first).days + 1)]
    groups = sorted({group for group, _ in costs}, key=str)
    found = [
        Days(group=group, first=first, costs=tuple(costs.get((group, day), 0) for day in days))
        for group in groups
    ]
    return sorted(found, key=lambda one: -sum(one.costs))


def _costs(rows: Table, by: Sequence[Dimension]) -> dict[tuple[Group, date], int]:
    dimensions = [*(one for one in by if one is not Dimension.DAY), Dimension.DAY]
    sums = {"requests": requests(rows), "cost": money(rows, "cost_nanos")}
    found: dict[tuple[Group, date], int] = {}
    for row in fetched(summed(rows, dimensions, sums)):
        group = tuple(row[one.value] for one in dimensions[:-1])
        found[group, date.fromisoformat(row["day"])] = row["cost"]
    return found


def added(days: Sequence[Days]) -> Days:
    """All groups together."""
    every: Any = zip(*(one.costs for one in days), strict=True)
    return Days(group=(), first=days[0].first, costs=tuple(map(sum, every)))
