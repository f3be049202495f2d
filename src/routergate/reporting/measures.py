"""The measures of the store's totals, summed up from rows: the same to the token and the nano-dollar."""

from collections.abc import Sequence
from typing import Any

from ibis import Table

from routergate.domain.event import Outcome, UsageSource
from routergate.domain.usage import KINDS
from routergate.reporting.engine import fetched
from routergate.reporting.question import Dimension
from routergate.reporting.rows import FIXED, Expression, money, requests, summed, tokens, unknown

_FAILURES = (Outcome.FAILED.value, Outcome.REFUSED.value)
_ESTIMATES = (UsageSource.COUNTED.value, UsageSource.RESERVED.value)


def measured(rows: Table, by: Sequence[Dimension]) -> list[dict[str, Any]]:
    """One row for each group that occurs, with its keys and every measure."""
    return fetched(summed(rows, by, measures(rows)))


def measures(rows: Table) -> dict[str, Expression]:
    """As `domain.totals.Measures` has them."""
    cost, baseline = "cost_nanos", "baseline_cost_nanos"
    return {
        "requests": requests(rows),
        "failed": requests(rows, rows.outcome.isin(_FAILURES)),
        "abandoned": requests(rows, rows.outcome == Outcome.ABANDONED.value),
        **{kind: tokens(rows, [kind]) for kind in KINDS},
        **{name: money(rows, name) for name in FIXED},
        "cost_nanos": money(rows, cost),
        "baseline_nanos": money(rows, baseline),
        # Null where one of the two is.
        "savings_nanos": (rows[baseline] - rows[cost]).sum().fill_null(0),
        "unpriced": unknown(rows, cost),
        "answer_millis": _millis(rows),
        "timed": requests(rows, rows.answer_seconds.notnull()),
        "unbaselined": unknown(rows, baseline),
        "incomparable": unknown(rows, cost, baseline),
        "estimated": requests(rows, rows.output.notnull() & rows.usage_source.isin(_ESTIMATES)),
        "loaded_nanos": money(rows, "loaded_cost_nanos"),
        "loaded": requests(rows, rows.loaded_cost_nanos.notnull()),
    }


def _millis(rows: Table) -> Any:
    return (rows.requests * (rows.answer_seconds * 1000).floor().cast("int64")).sum().fill_null(0)
