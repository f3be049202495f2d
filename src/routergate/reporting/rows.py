"""What rows of the ledger count for: requests, tokens and money, in words that reports are built from.

Every row counts as `requests`: 1 for an event and a correction, -1 for a reversal, whose amounts are negative
too, 0 for an accrual, which is money without a request, and for a duplicate, which is neither. So sums over
all rows are right as they are. What is counted under a condition is a sum of `requests`, never of rows.
Shadow calls and judges are money without a caller's request. Feedback, comparisons and revenue are left out:
they are neither, and would be groups of nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import groupby
from operator import add, or_
from typing import Any

import ibis
from ibis import Table

from routergate.domain.usage import KINDS
from routergate.reporting.engine import fetched
from routergate.reporting.question import Condition, Dimension, Question

Expression = Any
"""Of ibis, which has no types."""
FIXED = ("hosting_nanos", "depreciation_nanos", "maintenance_nanos")
ANSWERS = ("event", "reversal", "correction", "duplicate")
"""The kinds of rows that stand for requests of callers."""
ACCRUAL, REVENUE = "accrual", "revenue"
BESIDE = ("feedback", "comparison", REVENUE)
"""The kinds of rows that are neither a request nor a cost."""


def asked(rows: Table, question: Question) -> Table:
    """The rows that the question is about, of requests and costs."""
    return chosen(rows.filter(rows.kind.notin(BESIDE)), question)


def chosen(rows: Table, question: Question) -> Table:
    """The rows that the question is about, of whatever kind."""
    rows = rows.filter(rows.date.between(ibis.date(question.since), ibis.date(question.until)))
    if question.organisation is not None:
        rows = rows.filter(rows.organisation == question.organisation)
    ordered = sorted(question.where, key=lambda one: one.dimension)
    for _, same in groupby(ordered, key=lambda one: one.dimension):
        rows = rows.filter(reduce(or_, [_holds(rows, one) for one in same]))
    return rows


def keys(rows: Table, by: Sequence[Dimension]) -> dict[str, Expression]:
    """What to group by, as text, under the dimensions' names."""
    return {dimension.value: _value(rows, dimension) for dimension in by}


def summed(rows: Table, by: Sequence[Dimension], sums: Mapping[str, Expression]) -> Table:
    """The sums of each group that occurs; one row if nothing is to be grouped by, none without rows."""
    if by:
        return rows.group_by(**keys(rows, by)).agg(**sums)
    whole = rows.agg(**sums, rows=rows.count())
    return whole.filter(whole.rows > 0).drop("rows")


def used(rows: Table) -> Expression:
    """Whether a model worked for the request, so that there is a cost, known or not."""
    return rows.model.notnull() | rows.output.notnull()


def requests(rows: Table, where: Expression = None) -> Expression:
    """How many, of those for which a condition holds."""
    counted = rows.requests.cast("int64")
    return (counted if where is None else where.ifelse(counted, 0)).sum().fill_null(0)


def money(rows: Table, column: str, where: Expression = None) -> Expression:
    """Nano-dollars, as far as they are known: beside it belongs how many requests' are not."""
    amount = rows[column] if where is None else where.ifelse(rows[column], 0)
    return amount.sum().fill_null(0)


def unknown(rows: Table, *columns: str) -> Expression:
    """Requests that used a model, of which one of these amounts is not known."""
    return requests(rows, used(rows) & reduce(or_, [rows[name].isnull() for name in columns]))


def tokens(rows: Table, kinds: Sequence[str] = KINDS) -> Expression:
    """Those of some buckets; what nobody counted is not in them."""
    counts = [rows[kind] for kind in kinds]
    # A sum passes over what is null: only an addition has to be told to.
    each = counts[0] if len(counts) == 1 else reduce(add, [one.fill_null(0) for one in counts])
    return each.sum().fill_null(0)


def answers(rows: Table) -> Expression:
    """Whether a row is a caller's request, and not a month's fixed costs or what was asked to judge one."""
    return rows.kind.isin(ANSWERS)


def rejected(rows: Table, where: Expression) -> Expression:
    """Nano-dollars of answers that were paid and not given, under a condition; they are in the cost."""
    each = rows.attempts.map(lambda call: call.cost_nanos.fill_null(0)).sums()
    # A single call is the answer itself, or has failed.
    return ((rows.attempts.length() > 1) & where).ifelse(each.fill_null(0), 0).sum().fill_null(0)


def unbilled(rows: Table) -> Expression:
    """Calls that failed, of which nobody knows whether the provider charges for them."""
    failed = rows.attempts.filter(
        lambda call: (call.result != "ok") & call.cost_nanos.isnull() & (call.billed.isnull() | call.billed)
    )
    return (rows.requests.cast("int64") * failed.length()).sum().fill_null(0)


def unpriced(rows: Table, *columns: str) -> Mapping[str | None, int]:
    """How many requests of which model have no known amount in one of these columns.

    Rows whose amounts are known are passed over before the rest of them is read.
    """
    gaps = reduce(or_, [rows[name].isnull() for name in columns or ("cost_nanos",)])
    rows = rows.filter(gaps).filter(used)
    return missing(fetched(rows.group_by("model").agg(unpriced=requests(rows))))


def missing(found: Iterable[Mapping[str, Any]], name: str = "unpriced") -> Mapping[str | None, int]:
    """The same from groups that have it counted already, each of one model."""
    counts = Counter[str | None]()
    for row in found:
        counts[row["model"]] += row[name]
    return {model: number for model, number in counts.items() if number}


def _holds(rows: Table, condition: Condition) -> Expression:
    value = _value(rows, condition.dimension)
    return value.isnull() if condition.value is None else value == condition.value


def _value(rows: Table, dimension: Dimension) -> Expression:
    match dimension:
        case Dimension.DAY:
            return rows.date.cast("string")
        case Dimension.MONTH:
            return rows.date.cast("string").substr(0, 7)
        case _:
            return rows[dimension.value]
