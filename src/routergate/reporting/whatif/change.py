"""Now, then and the difference: what every supposition is shown as."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ibis import Table

from routergate.economics.compare import interval
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Chart, Column, Report, Series, Unit, Value, grouped, laid_out
from routergate.reporting.rows import asked, keys, requests, used

MONTH = 30
"""Days."""
DRAWN = 12
"""Groups in a picture."""
MONEY = (
    Column("requests", Unit.COUNT, "requests that used a model"),
    Column("moved", Unit.COUNT, "of these: that it changes"),
    Column("now_usd", Unit.USD, "what they cost", missing="unknown"),
    Column("then_usd", Unit.USD, "what they would cost", missing="unknown"),
    Column("difference_usd", Unit.USD, "then less now", missing="unknown"),
    Column("month_usd", Unit.USD, "the difference in 30 days", missing="unknown"),
    Column(
        "unknown", Unit.COUNT, "of these: one of the two is unknown, and they are in neither", detail=True
    ),
)
QUALITY = (
    Column("quality_now", Unit.NUMBER, "the quality that was expected, on average"),
    Column("quality_then", Unit.NUMBER, "the quality that would be expected"),
    Column(
        "quality_error", Unit.NUMBER, "standard error of the second, if all estimates err to the same side"
    ),
)

DATE = "on_date"
LEFT = {
    "unknown": "requests whose cost now or then is unknown are in neither sum.",
    "undecided": "requests stay as they were: chance decided, or their rows do not say why.",
}
"""What is said of requests that nothing can be said of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """Rows with what they would be.

    They have the columns `now` and `then` (nano-dollars, negative where a row takes another back), `moved`,
    and `quality_now`, `quality_then` and `quality_error` where `quality` says so.
    """

    title: str
    rows: Table
    assumptions: tuple[str, ...]
    quality: bool = False


def compared(it: Supposed, question: Question) -> Report:
    """The report of a supposition, the greatest difference first."""
    columns = (*MONEY, *(QUALITY if it.quality else ()))
    rows = asked(it.rows, question)
    daily = fetched(_daily(rows.filter(used(rows)), question, it))
    found = [_group(one, question) for one in _summed(daily, question.by)]
    found.sort(key=lambda one: (-abs(one["difference_usd"]), [one[name] or "" for name in question.by]))
    return Report(
        title=it.title,
        since=question.since,
        until=question.until,
        columns=(*grouped(question.by), *columns),
        rows=laid_out((*grouped(question.by), *columns), found),
        total=_total(found, question, columns),
        notes=(*it.assumptions, *_uncertainty(daily, question), *_left_out(found)),
        charts=_charts(it.title, found, question),
    )


def _daily(rows: Table, question: Question, it: Supposed) -> Table:
    """The sums of each group and day, of which everything else is made."""
    sums = _sums(rows, quality=it.quality)
    if "undecided" in rows.columns:
        sums["undecided"] = requests(rows, rows.undecided)
    return rows.group_by(**keys(rows, question.by), **{DATE: rows.date}).agg(**sums)


def _summed(daily: Sequence[Mapping[str, Any]], by: Sequence[str]) -> list[dict[str, Any]]:
    """The days of each group together."""
    groups: dict[tuple[Any, ...], dict[str, Any]] = {}
    for one in daily:
        group = groups.setdefault(tuple(one[name] for name in by), {name: one[name] for name in by})
        for name in one.keys() - {*by, DATE}:
            group[name] = group.get(name, 0) + one[name]
    return list(groups.values())


def _sums(rows: Table, *, quality: bool) -> dict[str, Any]:
    both = rows.now.notnull() & rows.then.notnull()
    money = {
        "requests": requests(rows),
        "moved": requests(rows, rows.moved),
        "now_usd": both.ifelse(rows.now, 0).sum().fill_null(0).cast("int64"),
        "then_usd": both.ifelse(rows.then, 0).sum().fill_null(0).cast("int64"),
        "unknown": requests(rows, ~both),
    }
    return {**money, **_qualities(rows)} if quality else money


def _qualities(rows: Table) -> dict[str, Any]:
    known = rows.quality_now.notnull() & rows.quality_then.notnull()
    weight = known.ifelse(rows.requests, 0).cast("int64")
    names = ("quality_now", "quality_then", "quality_error")
    return {
        "estimated": weight.sum().fill_null(0),
        **{name: (weight * rows[name].fill_null(0.0)).sum().fill_null(0.0) for name in names},
    }


def _group(one: Mapping[str, Any], question: Question) -> dict[str, Any]:
    difference = one["then_usd"] - one["now_usd"]
    derived = {"difference_usd": difference, "month_usd": difference * MONTH // question.days}
    means = {name.name: _mean(one.get(name.name), one.get("estimated")) for name in QUALITY}
    return {**one, **derived, **means, "_sums": one}


def _mean(total: float | None, count: int | None) -> float | None:
    return total / count if count and total is not None else None


def _total(
    found: Sequence[Mapping[str, Any]], question: Question, columns: Sequence[Column]
) -> tuple[Value, ...]:
    names = [name for name in (found[0]["_sums"] if found else ()) if name not in question.by]
    sums = {name: sum(one["_sums"][name] for one in found) for name in names}
    if not sums:
        return (*(None for _ in question.by), *(None for _ in columns))
    whole = _group(sums, question)
    return (*(None for _ in question.by), *(whole[column.name] for column in columns))


def _uncertainty(daily: Sequence[Mapping[str, Any]], question: Question) -> tuple[str, ...]:
    """How much days differ, and so how far a month may be from this one."""
    days: dict[date, int] = {}
    for one in daily:
        days[one[DATE]] = days.get(one[DATE], 0) + one["then_usd"] - one["now_usd"]
    values = [difference / 1e9 for difference in days.values()]
    values += [0.0] * (question.days - len(values)) if question.days <= 366 else []
    found = interval(values)
    if found is None or found[0] == found[1]:
        return ()
    low, high = (MONTH * bound for bound in found)
    basis = f"95 %, by how the {len(values)} days differ"
    return (f"30 days like these differ by {low:,.2f} to {high:,.2f} USD ({basis}).",)


def _left_out(found: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    counts = {name: sum(one.get(name, 0) for one in found) for name in LEFT}
    return tuple(f"{counts[name]:,} {what}" for name, what in LEFT.items() if counts[name])


def _charts(title: str, found: Sequence[Mapping[str, Any]], question: Question) -> tuple[Chart, ...]:
    if not found or not question.by:
        return ()
    top = found[:DRAWN]
    labels = tuple(" / ".join(str(one[name] or "-") for name in question.by) for one in top)
    series = tuple(
        Series(name=name, values=tuple(one[column] / 1e9 for one in top))
        for name, column in (("now", "now_usd"), ("then", "then_usd"))
    )
    return (Chart(title=title, kind="bars", labels=labels, series=series),)
