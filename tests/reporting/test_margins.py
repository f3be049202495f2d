from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from routergate.domain.event import UsageEvent
from routergate.domain.money import Nanos
from routergate.domain.plan import Billing, Customer, Plan
from routergate.economics.months import instant
from routergate.reporting.margins import OUTRUN, margins
from routergate.reporting.report import Report
from support.books import ledgered
from support.events import an_attribution, an_event
from support.plans import OCTOBER, a_customer, a_term

FLAT = a_customer(id="initech", terms=(a_term(Plan(id="flat", fee=Decimal(5))),))


def asked(customer: str | None, dollars: int, cost: int | None = 10**9) -> list[UsageEvent]:
    known = None if cost is None else Nanos(cost)
    whose = an_attribution(customer=customer)
    at = instant(date(2026, 10, 5))
    return [an_event(id=f"{customer}{n}{cost}", at=at, attribution=whose, cost=known) for n in range(dollars)]


def found(
    where: Path, *happened: UsageEvent, customers: tuple[Customer, ...] = (a_customer(), FLAT)
) -> Report:
    billing = Billing(customers={one.id: one for one in customers})
    with ledgered(where, *happened) as rows:
        return margins(rows, billing, OCTOBER)


def test_a_customer_whose_cost_outruns_its_price_is_flagged_and_comes_first(tmp_path: Path) -> None:
    report = found(tmp_path, *asked("globex", 10), *asked("initech", 8))
    shown = [(row["customer"], row["price_usd"], row["margin_usd"], row["flag"]) for row in report.named()]
    assert shown == [
        ("initech", 5 * 10**9, -3 * 10**9, OUTRUN),
        ("globex", 13 * 10**9, 3 * 10**9, None),
    ]
    assert report.notes[0] == "1 customers cost more than they pay."


def test_a_price_in_another_currency_is_compared_in_dollars(tmp_path: Path) -> None:
    broken = replace(a_customer(), currency="EUR")
    [row, _] = found(tmp_path, *asked("globex", 1), customers=(broken, FLAT)).named()[::-1]
    assert row["price_usd"] is None
    assert "no rate of EUR" in str(row["flag"])


def test_requests_that_nobody_is_charged_for_are_there(tmp_path: Path) -> None:
    report = found(tmp_path, *asked(None, 1), *asked("umbrella", 1), customers=())
    assert [(row["customer"], row["flag"]) for row in report.named()] == [
        (None, "is not declared under customers"),
        ("umbrella", "is not declared under customers"),
    ]


def test_an_unknown_cost_makes_no_margin_look_good(tmp_path: Path) -> None:
    good = found(tmp_path / "a", *asked("initech", 1), *asked("initech", 1, None), customers=(FLAT,))
    bad = found(tmp_path / "b", *asked("initech", 6), *asked("initech", 1, None), customers=(FLAT,))
    assert [report.named()[0]["margin_usd"] for report in (good, bad)] == [None, -(10**9)]
    assert good.named()[0]["unpriced"] == 1
