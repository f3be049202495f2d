"""Whether dearer models are worth it: quality gained for each time that the cost is paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ibis import Table

from routergate.economics.value import VERDICTS, reasoning_multiplier, verdict
from routergate.reporting.engine import fetched
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Column, Report, Unit, grouped, laid_out, not_summed
from routergate.reporting.rows import Expression, asked, missing, money, requests, summed, unknown

BASIS = (
    "Quality is the mean of what was estimated for the model that answered, in points of 100. The base is "
    "the cheapest of each group. Models answered different requests of it: compare them where they are many."
)
_COLUMNS = (
    Column("model", Unit.TEXT, "the dearer one"),
    Column("base", Unit.TEXT, "the one that it is compared with"),
    Column("requests", Unit.COUNT, "requests that it answered"),
    Column("base_quality", Unit.NUMBER, "points of the base"),
    Column("quality", Unit.NUMBER, "points"),
    Column("cost_times", Unit.NUMBER, "the cost of a request in times of the base's"),
    Column("multiplier", Unit.NUMBER, "per cent of quality gained ÷ times the cost"),
    Column("verdict", Unit.TEXT, "what that advises"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """Against what models are held."""

    base: str | None = None
    """The model to compare with; `None`: the cheapest."""
    verdicts: tuple[tuple[Decimal, str], ...] = VERDICTS


def reasoning(rows: Table, question: Question, bar: Bar) -> Report:
    """One row for each model that is dearer than its group's base, the most worth first."""
    by = tuple(one for one in question.by if one is not Dimension.MODEL)
    chosen = asked(rows, question)
    names = [one.value for one in by]
    groups: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    found = fetched(summed(chosen, (*by, Dimension.MODEL), _sums(chosen)))
    for row in found:
        if row["model"] and row["judged"] > 0 and row["cost"] > 0:
            groups.setdefault(tuple(row[name] for name in names), []).append(_each(row))
    lines = [line for group in groups.values() for line in _compared(group, bar)]
    columns = (*grouped(by), *_COLUMNS)
    return Report(
        title="Reasoning multipliers",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, sorted(lines, key=lambda line: -line["multiplier"])),
        notes=(BASIS, *not_summed(missing(found))),
    )


def _sums(rows: Table) -> dict[str, Expression]:
    known = rows.quality.notnull() & rows.cost_nanos.notnull()
    return {
        "requests": requests(rows),
        "judged": requests(rows, known),
        "quality": (rows.quality * known.ifelse(rows.requests, 0)).sum().fill_null(0.0),
        "cost": money(rows, "cost_nanos", known),
        "unpriced": unknown(rows, "cost_nanos"),
    }


def _each(row: dict[str, Any]) -> dict[str, Any]:
    """For one request."""
    points = Decimal(repr(100 * row["quality"] / row["judged"]))
    return row | {"points": points, "each": Decimal(row["cost"]) / row["judged"]}


def _compared(group: Sequence[dict[str, Any]], bar: Bar) -> list[dict[str, Any]]:
    named = [row for row in group if row["model"] == bar.base] if bar.base else group
    base = min(named, key=lambda row: row["each"], default=None)
    if base is None:
        return []
    dearer = (row for row in group if row["each"] > base["each"])
    return [line for row in dearer if (line := _line(row, base, bar))]


def _line(row: dict[str, Any], base: dict[str, Any], bar: Bar) -> dict[str, Any] | None:
    times = row["each"] / base["each"]
    multiplier = reasoning_multiplier(base["points"], row["points"], times)
    if multiplier is None:
        return None
    return row | {
        "base": base["model"],
        "base_quality": base["points"],
        "quality": row["points"],
        "cost_times": times,
        "multiplier": multiplier,
        "verdict": verdict(multiplier, bar.verdicts),
    }
