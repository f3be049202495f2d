"""Revenue as it may be written."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from routergate.domain.revenue import Per, Revenue
from support.configs import SMALL, loaded, problems


def test_revenue_is_read_as_it_is_written(tmp_path: Path) -> None:
    written = """
revenue:
  - {feature: search, usd: 0.02, per: request, from: 2026-01-01}
  - {customer: globex, usd: 40, per: seat, seats: 120, until: 2026-12-31}
"""
    assert loaded(tmp_path, SMALL + written).revenue == (
        Revenue(feature="search", usd=Decimal("0.02"), per=Per.REQUEST, start=date(2026, 1, 1)),
        Revenue(customer="globex", usd=Decimal(40), per=Per.SEAT, seats=120, end=date(2026, 12, 31)),
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{usd: 1, per: month}", "names one of feature and customer"),
        ("{feature: a, customer: b, usd: 1, per: month}", "names one of feature and customer"),
        ("{feature: a, usd: 1, per: month, from: 2026-02-01, until: 2026-01-01}", "ends before it begins"),
        ("{feature: a, usd: 1, per: year}", "revenue[0].per"),
        ("{feature: a, usd: -1, per: month}", "revenue[0].usd"),
    ],
)
def test_revenue_that_cannot_be_meant_is_a_problem(tmp_path: Path, line: str, told: str) -> None:
    assert told in "\n".join(problems(tmp_path, f"{SMALL}revenue:\n  - {line}\n"))
