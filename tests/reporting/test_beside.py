"""Rows that are neither a request nor a cost are in no report but that of profit and loss."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from ibis import Table

from routergate.domain.event import UsageEvent
from routergate.domain.plan import Billing, Issuer
from routergate.economics.months import instant
from routergate.ledger.beside import without_request
from routergate.ledger.record import EventRow
from routergate.reporting.billing import Account
from routergate.reporting.chargeback import Chargeback, chargeback
from routergate.reporting.focus.export import exported
from routergate.reporting.margins import margins
from routergate.reporting.overspend import overspend
from routergate.reporting.question import Dimension
from routergate.reporting.reconciliation import booked
from routergate.reporting.savings import savings
from routergate.reporting.usage import from_ledger
from support.books import a_question, ledgered
from support.events import an_attribution, an_event
from support.plans import OCTOBER, a_customer

AT = instant(date(2026, 10, 5))
BILLING = Billing(customers={"globex": a_customer()}, issuers={"acme": Issuer(name="Acme Inc.")})
GLOBEX = an_attribution(customer="globex", feature="search")
HAPPENED: list[UsageEvent | EventRow] = [an_event(at=AT, attribution=GLOBEX)]
BESIDE = [
    without_request(kind="feedback", id="f", at=AT, organisation="acme", key="k", decision="d", rating=0.5),
    without_request(
        kind="revenue", id="r", at=AT, organisation="acme", customer="initech", revenue_nanos=10**9
    ),
    without_request(
        kind="revenue", id="s", at=AT, organisation="acme", customer="globex", revenue_nanos=10**9
    ),
]
REPORTS: dict[str, Callable[[Table], Any]] = {
    "usage": lambda rows: from_ledger(rows, a_question(Dimension.CUSTOMER, Dimension.ROUTE)),
    "savings": lambda rows: savings(rows, a_question(Dimension.ROUTE)),
    "overspend": lambda rows: overspend(rows, a_question(Dimension.CUSTOMER)),
    "chargeback": lambda rows: chargeback(rows, a_question(Dimension.CUSTOMER), Chargeback()),
    "margins": lambda rows: margins(rows, BILLING, OCTOBER),
    "invoice": lambda rows: Account(customer=a_customer(), billing=BILLING).invoice(rows, OCTOBER),
    "focus": lambda rows: exported(rows, {}),
    "reconciliation": lambda rows: booked(rows, "acme-ai", str),
}


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS.keys())
def test_feedback_and_revenue_change_nothing(tmp_path: Path, report: Callable[[Table], Any]) -> None:
    with ledgered(tmp_path / "without", *HAPPENED) as rows:
        before = report(rows)
    with ledgered(tmp_path / "with", *HAPPENED, *BESIDE) as rows:
        assert report(rows) == before
