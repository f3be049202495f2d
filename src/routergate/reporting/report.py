"""What a report says, however it is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

MOST_BARS = 20
Value = str | int | float | Decimal | date | None
"""`None` is unknown, or nothing to tell; never zero."""


class Unit(StrEnum):
    """What the values of a column are."""

    TEXT = "text"
    DAY = "day"
    COUNT = "count"
    """Whole numbers: requests, tokens."""
    USD = "usd"
    """Nano-dollars, shown as dollars."""
    EACH = "usd_each"
    """Dollars (`Decimal`) for one of something, finer than a nano-dollar."""
    SHARE = "share"
    """0 to 1, shown as per cent."""
    NUMBER = "number"
    SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Column:
    """One column, and what it promises."""

    name: str
    unit: Unit
    meaning: str
    missing: str | None = None
    """The column that counts what is not in this one's sums."""
    detail: bool = False
    """Whether it is for programs only: too much for a table that people read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line of a chart, or one colour of its bars."""

    name: str
    values: tuple[float | None, ...]
    low: tuple[float | None, ...] = ()
    """With `high`: the range that each value may be in."""
    high: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """What can be drawn."""

    title: str
    kind: str
    """`bars` or `lines`."""
    labels: tuple[str, ...]
    series: tuple[Series, ...]
    unit: str = "USD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A table with its reading, from day `since` to day `until` (UTC, both included)."""

    title: str
    since: date
    until: date
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]
    total: tuple[Value, ...] | None = None
    """One more row, of all of them together."""
    notes: tuple[str, ...] = ()
    """Sentences without which the numbers would be read wrongly: what is not in them, and their basis."""
    charts: tuple[Chart, ...] = ()
    nothing: str | None = None
    """What is said where it has no rows, though the ledger has."""

    def __post_init__(self) -> None:
        for row in (*self.rows, *([self.total] if self.total else [])):
            if len(row) != len(self.columns):
                raise ValueError(
                    f"{self.title}: {len(self.columns)} columns, but a row has {len(row)} values"
                )

    def named(self) -> list[dict[str, Value]]:
        """The rows as values by column."""
        return [self._by_name(row) for row in self.rows]

    def named_total(self) -> dict[str, Value]:
        """The total likewise."""
        return self._by_name(self.total or (None,) * len(self.columns))

    def _by_name(self, row: tuple[Value, ...]) -> dict[str, Value]:
        return dict(zip((one.name for one in self.columns), row, strict=True))


def grouped(by: Sequence[str]) -> tuple[Column, ...]:
    """The columns that say what a row is about."""
    return tuple(Column(str(name), Unit.TEXT, f"the {name} that the row is about") for name in by)


def laid_out(columns: Sequence[Column], found: Sequence[Mapping[str, Any]]) -> tuple[tuple[Value, ...], ...]:
    """Rows by name in the order of the columns; what else they have is left out."""
    return tuple(tuple(row[column.name] for column in columns) for row in found)


def not_summed(missing: Mapping[str | None, int], what: str = "price") -> tuple[str, ...]:
    """The sentence about requests, by model, that are not in the sums; nothing if all are."""
    if not missing:
        return ()
    ordered = sorted(missing.items(), key=lambda item: (-item[1], str(item[0])))
    of = ", ".join(f"{model or 'no model'} {count:,}" for model, count in ordered)
    return (f"{sum(missing.values()):,} requests without a known {what} are not in the sums: {of}.",)


def drawn(rows: Sequence[Mapping[str, Any]], label: str, **columns: str) -> Chart:
    """Bars of the first rows: for each keyword a colour with its name, of a column of nano-dollars."""
    first = rows[:MOST_BARS]
    return Chart(
        title=f"By {label}",
        kind="bars",
        labels=tuple(str(row[label] or "none") for row in first),
        series=tuple(
            Series(name=name, values=tuple(_dollars(row[column]) for row in first))
            for name, column in columns.items()
        ),
    )


def _dollars(amount: int | None) -> float | None:
    return None if amount is None else amount / 1e9
