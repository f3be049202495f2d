"""What each feature or customer earned and cost."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from typing import Any

from ibis import Table

from routergate.domain.errors import RevenueUnknown
from routergate.domain.event import Outcome
from routergate.domain.model import ModelClass
from routergate.domain.money import Nanos
from routergate.domain.revenue import Revenue
from routergate.economics.earnings import earned, within
from routergate.economics.pnl import Statement
from routergate.reporting.engine import fetched
from routergate.reporting.question import Condition, Dimension, Question
from routergate.reporting.report import Column, Report, Unit, drawn, grouped, laid_out, not_summed
from routergate.reporting.rows import (
    ACCRUAL,
    REVENUE,
    answers,
    asked,
    chosen,
    money,
    rejected,
    requests,
    summed,
    unpriced,
)

SUBJECTS = (Dimension.FEATURE, Dimension.CUSTOMER)
OWN = ModelClass.SELF_HOSTED.value
BASIS = "Revenue is as declared and posted. Fixed costs are as booked: shares of requests, accruals."
NOBODY = "Costs without a {0}, such as accruals of months, stand in the row without one."
UNUSED = (
    "Revenue was posted for the {0} '{1}', and no request of the period is of it. If it is misspelt, post "
    "the negative amount under its name, and the amount under the right one."
)
_COLUMNS = (
    Column("requests", Unit.COUNT, "requests"),
    Column("kept_share", Unit.SHARE, "of these, what own models answered"),
    Column("revenue_usd", Unit.USD, "what was earned"),
    Column("bought_usd", Unit.USD, "paid to others for answers", missing="unpriced"),
    Column("own_usd", Unit.USD, "inference on own models: paid for requests, and hosting"),
    Column("depreciation_usd", Unit.USD, "training that was written off"),
    Column("maintenance_usd", Unit.USD, "what keeps own models good"),
    Column("overheads_usd", Unit.USD, "answers that were paid and not given; judges, shadow calls"),
    Column("margin_usd", Unit.USD, "revenue less all of these"),
    Column("margin_share", Unit.SHARE, "margin of the revenue"),
    Column("unpriced", Unit.COUNT, "requests whose cost nobody knows", detail=True),
)
_SUMS = (
    "requests",
    "kept",
    "bought",
    "own",
    "depreciation",
    "maintenance",
    "overheads",
    "unpriced",
    "revenue",
)


def pnl(rows: Table, question: Question, sources: Sequence[Revenue]) -> Report:
    """One row for each feature or customer, whichever is asked for first; the best first."""
    subject = next((one for one in question.by if one in SUBJECTS), Dimension.FEATURE)
    spent, received = asked(rows, question), posted(rows, subject, question)
    sums = fetched(summed(spent, (subject,), _sums(spent)))
    found = {row[subject.value]: _settled(row) for row in sums}
    idle = sorted(received.keys() - found.keys())
    ours = [
        one for one in sources if getattr(one, subject.value) and within(one, question.since, question.until)
    ]
    for source in ours:
        row = found.get(getattr(source, subject.value))
        if row is None:
            raise RevenueUnknown(_unknown(source, found, subject, question))
        row["revenue"] += _earned(spent, row, source, subject, question)
    for name, amount in received.items():
        found.setdefault(name, {subject.value: name, **dict.fromkeys(_SUMS, 0)})["revenue"] += amount
    lines = sorted((_line(row) for row in found.values()), key=lambda line: -line["margin_usd"])
    whole = {name: sum(row[name] for row in found.values()) for name in _SUMS}
    columns = (*grouped((subject,)), *_COLUMNS)
    return Report(
        title=f"Profit and loss by {subject.value}",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, lines),
        total=laid_out(columns, [_line({subject.value: None, **whole})])[0],
        notes=(
            BASIS,
            *([NOBODY.format(subject.value)] if None in found else []),
            *(UNUSED.format(subject.value, name) for name in idle),
            *not_summed(unpriced(spent)),
        ),
        charts=(drawn(lines, subject.value, revenue="revenue_usd", margin="margin_usd"),),
    )


def _sums(rows: Table) -> dict[str, Any]:
    own, asked_for = rows["class"].fill_null("") == OWN, answers(rows)
    hosting = rows.hosting_nanos.fill_null(0)
    return {
        "requests": requests(rows),
        "answered": requests(rows, rows.outcome == Outcome.OK.value),
        "kept": requests(rows, own),
        "bought": money(rows, "cost_nanos", ~own & asked_for),
        "own": money(rows, "cost_nanos", own & asked_for) + hosting.sum().fill_null(0),
        "depreciation": money(rows, "depreciation_nanos"),
        "maintenance": money(rows, "maintenance_nanos"),
        "judged": money(rows, "cost_nanos", ~asked_for & (rows.kind != ACCRUAL)),
        "rejected_bought": rejected(rows, ~own & asked_for),
        "rejected_own": rejected(rows, own & asked_for),
        "unpriced": requests(rows, rows.cost_nanos.isnull() & rows.model.notnull()),
    }


def _settled(row: dict[str, Any]) -> dict[str, Any]:
    """What was paid for answers that were rejected is an overhead, and no answer."""
    bought, own = row["rejected_bought"], row["rejected_own"]
    return row | {
        "bought": row["bought"] - bought,
        "own": row["own"] - own,
        "overheads": row["judged"] + bought + own,
        "revenue": 0,
    }


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("bought", "own", "depreciation", "maintenance", "overheads")
    amounts = {name: Nanos(row[name]) for name in names}
    it = Statement(revenue=Nanos(row["revenue"]), **amounts)
    return {
        **row,
        "kept_share": row["kept"] / row["requests"] if row["requests"] else None,
        "revenue_usd": it.revenue,
        **{f"{name}_usd": amount for name, amount in amounts.items()},
        "margin_usd": it.margin,
        "margin_share": it.margin_share,
    }


def posted(rows: Table, subject: Dimension, question: Question) -> Mapping[str, int]:
    """What was posted for each name; what is there twice under one id counts once."""
    ours = chosen(rows.filter(rows.kind == REVENUE, rows[subject.value].notnull()), question)
    once = ours.group_by("organisation", "id", name=ours[subject.value]).agg(amount=ours.revenue_nanos.max())
    sums = once.group_by("name").agg(amount=once.amount.sum())
    return {row["name"]: int(row["amount"]) for row in fetched(sums)}


def _earned(
    rows: Table, row: Mapping[str, Any], source: Revenue, subject: Dimension, question: Question
) -> int:
    """By a source, on those of its days that are asked about; `row` has what was counted on all of them."""
    asked_for, answered = row["requests"], row["answered"]
    days = within(source, question.since, question.until)
    if days and days != (question.since, question.until):
        asked_for, answered = _counted(rows, Condition(subject, row[subject.value]), days)
    return earned(source, question.since, question.until, asked_for, answered)


def _counted(rows: Table, whose: Condition, days: tuple[date, date]) -> tuple[int, int]:
    """Requests and answers on some of the days."""
    ours = asked(rows, Question(since=days[0], until=days[1], where=(whose,)))
    [found] = fetched(ours.agg(all=requests(ours), ok=requests(ours, ours.outcome == Outcome.OK.value)))
    return found["all"], found["ok"]


def _unknown(source: Revenue, names: Iterable[str | None], subject: Dimension, question: Question) -> str:
    name = getattr(source, subject.value)
    close = get_close_matches(name, sorted(filter(None, names)), n=1)
    meant = f"; did you mean '{close[0]}'?" if close else "."
    return (
        f"The configuration declares revenue for the {subject.value} '{name}', and no row of the ledger from "
        f"{question.since} to {question.until} is of it{meant} Correct `revenue` in the configuration, give "
        "it an `until`, or ask about a period in which it was used."
    )
