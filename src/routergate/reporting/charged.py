"""What each provider charges, from the ledger: answers, and those that were rejected before them, apart.

A row's cost has in it what was paid for answers that a cascade rejected. Those were other models', and each
of their providers bills its own.
"""

from typing import Any

import ibis
from ibis import Table

from routergate.domain.usage import INPUTS, KINDS, OUTPUTS
from routergate.reporting.rows import FIXED

ACCRUAL = "accrual"
_KEPT = ("date", "organisation", "team", "customer", "feature", "kind")


def answers(rows: Table) -> Table:
    """Every row with what was paid for its own answer, and nothing else."""
    paid = rows.attempts.map(lambda call: call.cost_nanos.fill_null(0)).sums().fill_null(0)
    return rows.select(
        *_KEPT,
        *KINDS,
        *FIXED,
        "model",
        "provider",
        "service_tier",
        requests=rows.requests.cast("int64"),
        seconds=rows.answer_seconds.fill_null(0.0) * rows.requests,
        cost_nanos=rows.cost_nanos - paid,
    )


def rejected(rows: Table) -> Table:
    """Every answer that was paid and not given, as a row of its own model. Its tokens are not told apart."""
    calls = rows.select(*_KEPT, "requests", call=rows.attempts.unnest())
    calls = calls.filter(calls.call.cost_nanos.notnull())
    nothing = dict.fromkeys((*KINDS, *FIXED), ibis.literal(0, "int64"))
    known = {"input_uncached": calls.call.input_tokens, "output": calls.call.output_tokens}
    columns: dict[str, Any] = {**nothing, **known}
    return calls.select(
        *_KEPT,
        **columns,
        model=calls.call.model,
        provider=calls.call.provider,
        service_tier=ibis.null("string"),
        requests=calls.requests.cast("int64"),
        seconds=ibis.literal(0.0),
        cost_nanos=calls.call.cost_nanos,
    )


def charged(rows: Table) -> Table:
    """Both."""
    one, other = answers(rows), rejected(rows)
    return one.union(other.select(one.columns).cast(dict(one.schema())))


def read(rows: Table) -> Any:
    """Tokens that were read, of one row; null where nobody knows."""
    return sum((rows[kind] for kind in INPUTS[1:]), rows[INPUTS[0]])


def wrote(rows: Table) -> Any:
    """Tokens that were written."""
    return sum((rows[kind] for kind in OUTPUTS[1:]), rows[OUTPUTS[0]])
