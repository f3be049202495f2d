"""What was saved against the baseline, net of everything that routing itself costs."""

from typing import Any

from ibis import Table

from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Column, Report, Unit, drawn, grouped, laid_out, not_summed
from routergate.reporting.rows import (
    FIXED,
    answers,
    asked,
    money,
    rejected,
    requests,
    summed,
    unbilled,
    unknown,
    unpriced,
)

BASIS = (
    "Baseline is what the same tokens would have cost at the rates of the route's baseline model. It might "
    "have written more or fewer; to have that measured, hold out a share of the traffic."
)
_COLUMNS = (
    Column("requests", Unit.COUNT, "requests"),
    Column("compared", Unit.COUNT, "of these: cost and baseline are both known; the sums are of them"),
    Column("baseline_usd", Unit.USD, "the same tokens at the baseline's rates"),
    Column("answers_usd", Unit.USD, "what was paid for the answers that were given"),
    Column("rejected_usd", Unit.USD, "paid for answers that a cascade rejected and asked for again"),
    Column("overheads_usd", Unit.USD, "paid for what no caller asked: judges, shadow calls"),
    Column("savings_usd", Unit.USD, "baseline less all of these", missing="incomparable"),
    Column("savings_share", Unit.SHARE, "savings of the baseline"),
    Column("fixed_usd", Unit.USD, "the fixed costs of own models that are booked"),
    Column("after_fixed_usd", Unit.USD, "savings less these"),
    Column("incomparable", Unit.COUNT, "requests of which one of the two is unknown", detail=True),
)


def savings(rows: Table, question: Question) -> Report:
    """One row for each group, the most saved first."""
    chosen = asked(rows, question)
    found = fetched(summed(chosen, question.by, _sums(chosen)))
    lines = sorted(map(_line, found), key=lambda row: -row["savings_usd"])
    names = ("requests", "compared", "baseline", "paid", "rejected", "overheads", "fixed", "incomparable")
    whole = _line({name: sum(row[name] for row in found) for name in names})
    blank = dict.fromkeys((one.value for one in question.by), None)
    columns = (*grouped(question.by), *_COLUMNS)
    return Report(
        title="Savings",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, lines),
        total=laid_out(columns, [{**blank, **whole}])[0],
        notes=(
            BASIS,
            *not_summed(unpriced(chosen, "cost_nanos", "baseline_cost_nanos"), "cost or baseline"),
            *_unsure(sum(row["unbilled"] for row in found)),
        ),
        charts=(drawn(lines, question.by[0].value, saved="savings_usd"),) if question.by else (),
    )


def _unsure(calls: int) -> tuple[str, ...]:
    told = f"{calls:,} calls failed for which a provider may charge; what they cost is unknown and not in it."
    return (told,) if calls else ()


def _sums(rows: Table) -> dict[str, Any]:
    both = rows.cost_nanos.notnull() & rows.baseline_cost_nanos.notnull() & answers(rows)
    return {
        "requests": requests(rows),
        "compared": requests(rows, both),
        "baseline": money(rows, "baseline_cost_nanos", both),
        "paid": money(rows, "cost_nanos", both),
        "rejected": rejected(rows, both),
        "overheads": money(rows, "cost_nanos", ~answers(rows)),
        "fixed": sum(money(rows, name) for name in FIXED),
        "incomparable": unknown(rows, "cost_nanos", "baseline_cost_nanos"),
        "unbilled": unbilled(rows),
    }


def _line(row: dict[str, Any]) -> dict[str, Any]:
    saved = row["baseline"] - row["paid"] - row["overheads"]
    return {
        **row,
        "baseline_usd": row["baseline"],
        "answers_usd": row["paid"] - row["rejected"],
        "rejected_usd": row["rejected"],
        "overheads_usd": row["overheads"],
        "savings_usd": saved,
        "savings_share": saved / row["baseline"] if row["baseline"] else None,
        "fixed_usd": row["fixed"],
        "after_fixed_usd": saved - row["fixed"],
    }
