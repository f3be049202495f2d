from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pytest
from ibis import Table

from routergate.domain.money import Nanos
from routergate.ledger.amended import correction, reversal
from routergate.ledger.record import row
from routergate.reporting.overspend import overspend
from routergate.reporting.question import Dimension
from support.books import a_question, ledgered
from support.events import LARGE, an_attribution, an_event


def remembered(rows: Table, *candidates: dict[str, Any] | None) -> Table:
    """The rows with what was estimated for each model when they were decided."""
    kind = "array<struct<model: string, quality: float64, cost_nanos: int64, reason: string>>"
    known = [one for one in candidates if one is not None] if None not in candidates else None
    return rows.mutate(candidates=ibis.literal(known, type=kind) if known is not None else ibis.null(kind))


def a_candidate(
    model: str, quality: float | None, cost: int | None, reason: str | None = None
) -> dict[str, Any]:
    return {"model": model, "quality": quality, "cost_nanos": cost, "reason": reason}


def test_what_would_have_been_optimal_is_unknown_where_nobody_wrote_it_down(tmp_path: Path) -> None:
    happened = [an_event(attribution=an_attribution(team=team)) for team in ("law", "law", "code")]
    with ledgered(tmp_path, *happened, an_event(cost=None)) as rows:
        plain = rows.drop("candidates") if "candidates" in rows.columns else rows
        report = overspend(plain, a_question(Dimension.TEAM))

    law, code, nobody = report.named()
    assert (law["team"], law["requests"], law["baseline_usd"], law["actual_usd"]) == (
        "law",
        2,
        20_000_000,
        4_000_000,
    )
    assert (law["baseline_times"], law["optimal_usd"], law["actual_times"]) == (Decimal(5), None, None)
    assert (code["requests"], nobody["requests"]) == (1, 0)
    assert "unknown for 3 requests" in report.notes[1]
    assert report.notes[2] == "1 requests without a known cost or baseline are not in the sums: mini 1."


@pytest.mark.parametrize(
    ("candidates", "optimal"),
    [
        ([a_candidate("mini", 0.95, 3_000_000), a_candidate("large", 0.99, 9_000_000)], 3_000_000),
        ([a_candidate("mini", 0.85, 3_000_000), a_candidate("large", 0.99, 9_000_000)], 9_000_000),
        ([a_candidate("mini", 0.5, 3_000_000)], 10_000_000),
        ([a_candidate("mini", 0.95, 3_000_000, "failing")], 10_000_000),
        ([a_candidate("x", None, 1), a_candidate("y", 1.0, None)], 10_000_000),
        ([a_candidate("mini", 0.95, 99_000_000)], 10_000_000),
        ([], 10_000_000),
    ],
    ids=["cheapest", "adequate", "none adequate", "left out", "unknown", "never more than paid", "nobody"],
)
def test_optimal_is_the_cheapest_adequate_candidate(
    tmp_path: Path, candidates: list[dict[str, Any]], optimal: int
) -> None:
    paid = an_event(card=LARGE, cost=Nanos(10_000_000))
    booked = row(paid)
    with ledgered(tmp_path, booked, reversal(booked), correction(booked)) as rows:
        [found] = overspend(remembered(rows, *candidates), a_question()).named()
    assert (found["requests"], found["actual_usd"], found["optimal_usd"]) == (1, 10_000_000, optimal)
    assert found["actual_times"] == Decimal(10_000_000) / optimal


def test_estimates_that_some_rows_lack_leave_the_sum_unknown(tmp_path: Path) -> None:
    with ledgered(tmp_path, an_event()) as rows:
        [found] = overspend(remembered(rows, None), a_question()).named()
    assert found["optimal_usd"] is None
