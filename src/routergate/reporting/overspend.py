"""What a traffic cost, between everything on the baseline and the cheapest that would have done."""

from typing import Any

from ibis import Table

from routergate.domain.money import Nanos
from routergate.economics.value import Overspend
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Column, Report, Unit, drawn, grouped, laid_out, not_summed
from routergate.reporting.rows import Expression, answers, asked, money, requests, summed, unpriced

BASIS = (
    "Optimal is the cheapest model that was expected to meet the threshold when the request was decided, at "
    "its cost as estimated then, and never more than what was paid."
)
UNKNOWN = "What would have been optimal is unknown for {:,} requests, which carry no estimates."
_COLUMNS = (
    Column(
        "requests", Unit.COUNT, "requests of which cost and baseline are both known; all sums are of them"
    ),
    Column("baseline_usd", Unit.USD, "with everything on the baseline"),
    Column("actual_usd", Unit.USD, "what was paid"),
    Column("optimal_usd", Unit.USD, "with the cheapest adequate model for each; unknown if a single one is"),
    Column("baseline_times", Unit.NUMBER, "the baseline in times of the actual cost"),
    Column("actual_times", Unit.NUMBER, "the actual cost in times of the optimal one"),
)
_SUMS = ("requests", "baseline", "actual", "optimal", "unestimated")


def overspend(rows: Table, question: Question) -> Report:
    """One row for each group, the dearest first."""
    chosen = asked(rows, question)
    # As a column: in several sums, it would be worked out for each of them.
    chosen = chosen.mutate(least=_least(chosen))
    found = fetched(summed(chosen, question.by, _sums(chosen)))
    lines = sorted(map(_line, found), key=lambda row: -row["actual_usd"])
    whole = {name: sum(row[name] for row in found) for name in _SUMS}
    blank = dict.fromkeys((one.value for one in question.by), None)
    columns = (*grouped(question.by), *_COLUMNS)
    return Report(
        title="Overspend",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, lines),
        total=laid_out(columns, [{**blank, **_line(whole)}])[0],
        notes=(
            BASIS,
            *([UNKNOWN.format(whole["unestimated"])] if whole["unestimated"] else []),
            *not_summed(unpriced(chosen, "cost_nanos", "baseline_cost_nanos"), "cost or baseline"),
        ),
        charts=(_chart(lines, question),) if question.by else (),
    )


def _chart(lines: list[dict[str, Any]], question: Question) -> Any:
    columns = {"baseline": "baseline_usd", "actual": "actual_usd", "optimal": "optimal_usd"}
    return drawn(lines, question.by[0].value, **columns)


def _sums(rows: Table) -> dict[str, Expression]:
    both = rows.cost_nanos.notnull() & rows.baseline_cost_nanos.notnull() & answers(rows)
    return {
        "requests": requests(rows, both),
        "baseline": money(rows, "baseline_cost_nanos", both),
        "actual": money(rows, "cost_nanos", both),
        "optimal": money(rows, "least", both),
        "unestimated": requests(rows, both & rows.least.isnull()),
    }


def _least(rows: Table) -> Expression:
    """What the cheapest adequate model would have cost; null where nobody has written that down."""
    if "candidates" not in rows.columns:
        return rows.cost_nanos.nullif(rows.cost_nanos)
    # One pass over each row's candidates: the least passes over what is null.
    adequate = rows.candidates.map(
        lambda one: (one.reason.isnull() & (one.quality >= rows.threshold)).ifelse(one.cost_nanos, None)
    )
    estimate = adequate.mins() * rows.requests
    cheaper = (estimate.abs() < rows.cost_nanos.abs()).ifelse(estimate, rows.cost_nanos)
    # Where none was adequate, what was done is the least that could be done.
    return rows.candidates.notnull().ifelse(cheaper.fill_null(rows.cost_nanos), None)


def _line(row: dict[str, Any]) -> dict[str, Any]:
    known = row["optimal"] if not row["unestimated"] else None
    it = Overspend(baseline=Nanos(row["baseline"]), actual=Nanos(row["actual"]), optimal=Nanos(known or 0))
    return {
        **row,
        "baseline_usd": it.baseline,
        "actual_usd": it.actual,
        "optimal_usd": known,
        "baseline_times": it.saved,
        "actual_times": None if known is None else it.left,
    }
