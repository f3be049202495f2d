from datetime import date
from decimal import Decimal

import pytest

from routergate.domain.money import Nanos
from routergate.domain.revenue import Per, Revenue
from routergate.economics.earnings import earned, within
from routergate.economics.pnl import Statement

JANUARY = date(2026, 1, 1), date(2026, 1, 31)
DOLLAR = 10**9


def a_source(per: Per, usd: str = "2", **changes: object) -> Revenue:
    return Revenue(usd=Decimal(usd), per=per, feature="search", **changes)  # type: ignore[arg-type]  # of any field


@pytest.mark.parametrize(
    ("source", "amount"),
    [
        (a_source(Per.REQUEST), 200 * DOLLAR),
        (a_source(Per.OUTCOME), 180 * DOLLAR),
        (a_source(Per.PERIOD), 2 * DOLLAR),
        (a_source(Per.SEAT, seats=50), 100 * DOLLAR),
        (a_source(Per.SEAT, seats=31, start=date(2026, 1, 31)), 2 * DOLLAR),
        (a_source(Per.PERIOD, usd="31", end=date(2026, 1, 10)), 10 * DOLLAR),
        (a_source(Per.REQUEST, start=date(2026, 2, 1)), 0),
        (a_source(Per.PERIOD, end=date(2025, 12, 31)), 0),
    ],
)
def test_revenue_is_earned_as_declared(source: Revenue, amount: int) -> None:
    assert earned(source, *JANUARY, 100, 90) == amount


def test_it_is_earned_on_the_days_that_it_is_declared_for() -> None:
    assert within(a_source(Per.REQUEST), *JANUARY) == JANUARY
    late = a_source(Per.REQUEST, start=date(2026, 1, 20), end=date(2026, 3, 1))
    assert within(late, *JANUARY) == (date(2026, 1, 20), date(2026, 1, 31))
    assert within(a_source(Per.REQUEST, end=date(2025, 1, 1)), *JANUARY) is None


def a_statement(revenue: int) -> Statement:
    costs = (Nanos(n) for n in (30, 10, 8, 7, 5))
    names = ("bought", "own", "depreciation", "maintenance", "overheads")
    return Statement(revenue=Nanos(revenue), **dict(zip(names, costs, strict=True)))


def test_margin_is_revenue_less_all_costs() -> None:
    assert (a_statement(100).costs, a_statement(100).margin) == (60, 40)
    assert a_statement(100).margin_share == Decimal("0.4")
    assert (a_statement(50).margin, a_statement(50).margin_share) == (-10, Decimal("-0.2"))


def test_without_revenue_there_is_no_share_of_it() -> None:
    assert a_statement(0).margin_share is None
