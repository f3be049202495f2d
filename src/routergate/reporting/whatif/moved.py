"""Requests that another model would have answered, at what that would have cost."""

from collections.abc import Mapping
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard
from routergate.reporting.costs import cost, metered
from routergate.reporting.whatif.choice import NO, decidable, decided

Expression = Any
"""Of ibis, which has no types."""
LENGTHS = (
    "Requests are decided again on what was expected of each model then; an answer is as long as it was, "
    "whoever gives it, caches are as warm, and second answers of cascades are not counted anew."
)


def moved(rows: Table, picked: Expression, models: Mapping[str, ModelCard]) -> Table:
    """Rows with `now`, `then` and `moved`, once each goes to the candidate that is picked for it.

    Where it is the one that was decided on, nothing changes, whoever answered in the end. What cannot be
    decided again stays as it was.
    """
    before = decided(rows)
    rows = rows.mutate(
        picked=picked.model,
        picked_quality=picked.quality,
        picked_error=picked.stderr,
        before=before.model,
        quality_now=before.quality,
    )
    goes = (decidable(rows) & (rows.picked != rows.before)).fill_null(NO)
    there = cost(metered(rows), rows.picked, models) * rows.requests
    then = rows.then if "then" in rows.columns else rows.cost_nanos
    stays = rows.moved if "moved" in rows.columns else goes
    return rows.mutate(
        now=rows.cost_nanos,
        then=goes.ifelse(there, then),
        moved=stays | goes,
        quality_then=goes.ifelse(rows.picked_quality, rows.quality_now),
        quality_error=goes.ifelse(rows.picked_error, 0.0),
        undecided=~decidable(rows).fill_null(NO),
    )
