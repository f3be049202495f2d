"""Totals → what was used and what it cost, grouped as asked; pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from routergate.domain.money import usd
from routergate.domain.totals import Measures, Total

if TYPE_CHECKING:
    from rich.table import Table


class Dimension(StrEnum):
    """What usage can be grouped by."""

    DAY = "day"
    ORGANISATION = "organisation"
    TEAM = "team"
    KEY = "key"
    CUSTOMER = "customer"
    FEATURE = "feature"
    ROUTE = "route"
    MODEL = "model"
    PROVIDER = "provider"
    CLASS = "class"


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One group and its sums. Dollars are exact; `None` where only unknown amounts were found."""

    group: tuple[str | None, ...]
    """One value for each dimension asked for."""
    measures: Measures

    @property
    def cost(self) -> Decimal | None:
        """Of the requests whose price is known; `measures.unpriced` says how many are missing."""
        return self._known(self.measures.cost_nanos, self.measures.unpriced)

    @property
    def baseline(self) -> Decimal | None:
        """What the baseline would have cost, where there is one and its price is known."""
        return self._known(self.measures.baseline_nanos, self.measures.unbaselined)

    @property
    def savings(self) -> Decimal | None:
        """Baseline less cost, over the requests of which both are known."""
        return self._known(self.measures.savings_nanos, self.measures.incomparable)

    @property
    def loaded(self) -> Decimal | None:
        """Cost with the share of fixed costs, of the requests of which both are known."""
        return self._known(self.measures.loaded_nanos, self.measures.requests - self.measures.loaded)

    def _known(self, amount: int, unknown: int) -> Decimal | None:
        return None if unknown and not amount else usd(amount)


def usage_by(totals: Iterable[Total], by: Sequence[Dimension]) -> tuple[UsageRow, ...]:
    """One row for each group that occurs: by day where that is asked for, and the dearest first."""
    sums: dict[tuple[str | None, ...], Measures] = {}
    for total in totals:
        group = tuple(_value(total, dimension) for dimension in by)
        sums[group] = sums.get(group, Measures()) + total.measures
    rows = [UsageRow(group=group, measures=measures) for group, measures in sums.items()]
    return tuple(sorted(rows, key=lambda row: _place(row, by)))


def overall(rows: Iterable[UsageRow]) -> UsageRow:
    """All rows in one."""
    return UsageRow(group=(), measures=sum((row.measures for row in rows), Measures()))


def as_json(rows: Iterable[UsageRow], by: Sequence[Dimension]) -> list[dict[str, Any]]:
    """The rows as plain values: dollars as decimal text, which no reader can round."""
    return [_plain(row, by) for row in rows]


def as_table(rows: Sequence[UsageRow], by: Sequence[Dimension]) -> "Table":
    """The rows as a table for a terminal, with the sum of all in the footer."""
    from rich.table import Table  # noqa: PLC0415  the gateway itself draws no tables

    total = _columns(overall(rows))
    table = Table(show_footer=True)
    for n, dimension in enumerate(by):
        table.add_column(dimension.value, footer="all" if n == 0 else "")
    for name, footer in total.items():
        table.add_column(name, footer=footer, justify="right")
    for row in rows:
        table.add_row(*(value if value is not None else "-" for value in row.group), *_columns(row).values())
    return table


def _value(total: Total, dimension: Dimension) -> str | None:
    match dimension:
        case Dimension.DAY:
            return total.day.isoformat()
        case Dimension.CLASS:
            return total.model_class
        case _:
            value: str | None = getattr(total, dimension.value)
            return value


def _place(row: UsageRow, by: Sequence[Dimension]) -> tuple[Any, ...]:
    days = [value for value, dimension in zip(row.group, by, strict=True) if dimension is Dimension.DAY]
    return *days, -row.measures.cost_nanos, [value or "" for value in row.group]


def _columns(row: UsageRow) -> Mapping[str, str]:
    sums = row.measures
    read = sums.input_uncached + sums.cache_read + sums.audio_input
    written = sums.cache_write + sums.cache_write_1h
    return {
        "requests": f"{sums.requests:,}",
        "failed": f"{sums.failed:,}",
        "input": f"{read + written:,}",
        "output": f"{sums.output + sums.reasoning + sums.audio_output:,}",
        "cost USD": _amount(row.cost, sums.unpriced),
        "baseline USD": _amount(row.baseline, sums.unbaselined),
        "savings USD": _amount(row.savings, sums.incomparable),
    }


def _amount(known: Decimal | None, missing: int) -> str:
    """An amount that is not complete says so."""
    if known is None:
        return f"unknown ({missing:,})"
    return f"{known:,.6f}" + (f" + {missing:,} unknown" if missing else "")


def _plain(row: UsageRow, by: Sequence[Dimension]) -> dict[str, Any]:
    sums = row.measures
    counts = {name: getattr(sums, name) for name in COUNTS}
    amounts = {
        "cost_usd": row.cost,
        "baseline_usd": row.baseline,
        "savings_usd": row.savings,
        "loaded_cost_usd": row.loaded,
    }
    return {
        **{dimension.value: value for dimension, value in zip(by, row.group, strict=True)},
        **counts,
        **{name: None if amount is None else f"{amount:f}" for name, amount in amounts.items()},
    }


COUNTS: tuple[str, ...] = tuple(name for name in Measures.__slots__ if not name.endswith("_nanos"))
