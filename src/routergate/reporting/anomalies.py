"""Days on which a group cost far more, or less, than it usually does on such a day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from ibis import Table

from routergate.economics.series import oddness
from routergate.reporting.daily import Days, daily
from routergate.reporting.question import Question
from routergate.reporting.report import Column, Report, Unit, grouped, laid_out, not_summed
from routergate.reporting.rows import asked, unpriced

LEAST_DAYS = 7
BASIS = (
    "Oddness is a robust z: how far a day is from the median of its group, days of the week evened out where "
    "there are three weeks, in median deviations ÷ 0.6745."
)
_COLUMNS = (
    Column("day", Unit.TEXT, "the day (UTC)"),
    Column("cost_usd", Unit.USD, "what was paid on it"),
    Column("usual_usd", Unit.USD, "the median of the group's days"),
    Column("oddness", Unit.NUMBER, "robust standard deviations from the usual; negative where it cost less"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd:
    """From where on a day is told of."""

    threshold: float = 3.5
    least: int = 1_000_000_000
    """Nano-dollars by which it must be off."""


def anomalies(rows: Table, question: Question, odd: Odd) -> Report:
    """The oddest first."""
    chosen = asked(rows, question)
    names = [one.value for one in question.by]
    every = daily(chosen, question.by, question.since, question.until)
    found = [line for days in every for line in _odd(days, names, odd)]
    columns = (*grouped(question.by), *_COLUMNS)
    looked = len(every[0].costs) if every else 0
    few = f"{looked} days are too few to tell what is usual; it takes {LEAST_DAYS}."
    return Report(
        title="Anomalies",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, sorted(found, key=lambda line: -abs(line["oddness"]))),
        notes=(BASIS, *([few] if looked < LEAST_DAYS else []), *not_summed(unpriced(chosen))),
    )


def _odd(days: Days, names: list[str], odd: Odd) -> Iterator[dict[str, Any]]:
    if len(days.costs) < LEAST_DAYS:
        return
    usual = int(median(days.costs))
    for n, score in enumerate(oddness(days.costs, days.weekday)):
        if abs(score) >= odd.threshold and abs(days.costs[n] - usual) >= odd.least:
            yield {
                **dict(zip(names, days.group, strict=True)),
                "day": (days.first + timedelta(days=n)).isoformat(),
                "cost_usd": days.costs[n],
                "usual_usd": usual,
                "oddness": score,
            }
