"""From rows of the ledger to a draft."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from routergate.domain.event import UsageEvent
from routergate.domain.invoice import Invoice, Used
from routergate.domain.money import Nanos
from routergate.domain.plan import (
    Basis,
    Billing,
    CostPlus,
    Credit,
    Customer,
    Detail,
    ExchangeRate,
    Issuer,
    NotInvoiceable,
    RateSheet,
    Tokens,
)
from routergate.domain.usage import Usage
from routergate.economics.months import instant
from routergate.ledger.amended import correction, priced, reversal
from routergate.ledger.beside import without_request
from routergate.ledger.record import EventRow, row
from routergate.reporting.billing import Account
from support.books import ledgered
from support.events import an_attribution, an_event
from support.plans import NOVEMBER, OCTOBER, a_customer, a_plan, a_term

MIDDLE = date(2026, 10, 16)
CENT = Nanos(10_000_000)
ISSUERS = {"acme": Issuer(name="Acme Inc.")}
EUROS = {"EUR": (ExchangeRate(since=OCTOBER, usd=Decimal("1.25")),)}


def asked(count: int = 1, day: date = OCTOBER, **changes: Any) -> list[UsageEvent]:
    """Requests of globex, each for a dollar, with a hundred tokens read and twenty written."""
    dollar = {"attribution": an_attribution(customer="globex"), "cost": Nanos(10**9), **changes}
    return [an_event(id=f"{day}-{n}-{changes}", at=instant(day) + n, **dollar) for n in range(count)]


def drafted(
    where: Path, customer: Customer, *happened: UsageEvent | EventRow, month: date = OCTOBER
) -> Invoice:
    billing = Billing(customers={customer.id: customer}, issuers=ISSUERS, currencies=EUROS)
    with ledgered(where, *happened) as rows:
        return Account(customer=customer, billing=billing).invoice(rows, month)


def amounts(invoice: Invoice) -> list[tuple[str, str, Decimal]]:
    return [(item.kind, item.what, item.amount) for item in invoice.items]


def test_a_customer_is_charged_for_its_own_requests_of_the_month(tmp_path: Path) -> None:
    others = asked(3, attribution=an_attribution(customer="initech"))
    elsewhere = asked(3, attribution=an_attribution("other", customer="globex"))
    found = drafted(
        tmp_path,
        a_customer(),
        *asked(2),
        *asked(1, date(2026, 10, 31)),
        *asked(5, NOVEMBER),
        *others,
        *elsewhere,
    )
    assert found.total == Decimal("3.90")
    assert [(item.quantity, item.unit) for item in found.items] == [(Decimal(3), "requests")]
    assert (found.issuer.name, found.recipient.name, found.month) == (
        "Acme Inc.",
        "Globex Corporation",
        OCTOBER,
    )


def test_a_request_that_no_model_answered_is_not_charged(tmp_path: Path) -> None:
    assert drafted(tmp_path, a_customer(), *asked(1, card=None)).items == ()


def test_cheap_requests_are_charged_at_the_floor_and_dear_ones_are_not(tmp_path: Path) -> None:
    plan = a_plan(usage=CostPlus(markup=Decimal(1), floor=Decimal("0.50"), basis=Basis.MARGINAL))
    found = drafted(tmp_path, a_customer(terms=(a_term(plan),)), *asked(2), *asked(3, cost=CENT))
    assert found.total == Decimal("5.50")


def test_a_corrected_price_is_charged_in_place_of_the_first(tmp_path: Path) -> None:
    [event] = asked()
    booked = row(event)
    plan = a_plan(usage=CostPlus(markup=Decimal(1), floor=Decimal("0.50"), basis=Basis.MARGINAL))
    adjusted = [booked, reversal(booked), correction(priced(booked, int(CENT), None))]
    assert drafted(tmp_path, a_customer(terms=(a_term(plan),)), *adjusted).total == Decimal("0.50")


def test_what_a_closed_month_booked_is_not_charged(tmp_path: Path) -> None:
    accrual = without_request(
        kind="accrual",
        id="a",
        at=instant(OCTOBER),
        organisation="acme",
        customer="globex",
        model="mini",
        cost_nanos=10**9,
    )
    assert drafted(tmp_path, a_customer(), *asked(), accrual).total == Decimal("1.30")


def test_each_plan_of_a_month_charges_for_its_days(tmp_path: Path) -> None:
    card = RateSheet(rates=Tokens(input=Decimal(0), output=Decimal(0), per_request=Decimal(3)))
    terms = (a_term(until=MIDDLE), a_term(a_plan(id="card", usage=card), since=MIDDLE))
    found = drafted(tmp_path, a_customer(terms=terms), *asked(1, date(2026, 10, 15)), *asked(1, MIDDLE))
    assert [one for one in amounts(found) if one[2]] == [
        ("usage", "", Decimal("1.30")),
        ("usage", "auto", Decimal("3.00")),
    ]


def test_routes_may_have_rates_of_their_own(tmp_path: Path) -> None:
    million = Usage(input_uncached=1_000_000, output=0)
    rates = Tokens(input=Decimal(2), output=Decimal(0))
    card = RateSheet(rates=rates, routes={"support": replace(rates, input=Decimal(5))})
    happened = asked(1, usage=million) + asked(1, usage=million, route="support")
    found = drafted(tmp_path, a_customer(terms=(a_term(a_plan(usage=card)),)), *happened)
    assert amounts(found) == [
        ("usage", "auto input_uncached", Decimal("2.00")),
        ("usage", "support input_uncached", Decimal("5.00")),
    ]


def test_usage_is_listed_as_the_customer_is_to_see_it(tmp_path: Path) -> None:
    happened = asked(2) + asked(1, attribution=an_attribution(customer="globex", feature="search"))
    plain = drafted(tmp_path, a_customer(), *happened)
    by_feature = drafted(tmp_path, a_customer(detail=Detail.FEATURE), *happened)

    assert plain.used == ()
    assert by_feature.used == (
        Used(of=None, requests=2, input_tokens=200, output_tokens=40),
        Used(of="search", requests=1, input_tokens=100, output_tokens=20),
    )
    assert "mini" not in repr(plain)
    assert drafted(tmp_path, a_customer(detail=Detail.MODEL), *happened).used[0].of == "mini"


def test_another_currency_is_charged_at_its_rate(tmp_path: Path) -> None:
    found = drafted(tmp_path, a_customer(currency="EUR"), *asked())
    assert (found.currency, found.usd, found.total) == ("EUR", Decimal("1.25"), Decimal("1.04"))


def test_a_currency_without_a_rate_on_the_day_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(NotInvoiceable, match="2026-09: no rate of EUR is declared for 2026-09-30"):
        drafted(tmp_path, a_customer(currency="EUR"), *asked(), month=date(2026, 9, 1))


def test_credits_are_drawn_by_earlier_months_first(tmp_path: Path) -> None:
    customer = a_customer(credits=(Credit(amount=Decimal("3.00"), since=MIDDLE),))
    happened = asked(2) + asked(1, NOVEMBER)
    october, november = (drafted(tmp_path, customer, *happened, month=month) for month in (OCTOBER, NOVEMBER))
    assert [october.credit, october.credit_left, october.due] == [
        Decimal("2.60"),
        Decimal("0.40"),
        Decimal(0),
    ]
    assert [november.credit, november.credit_left, november.due] == [
        Decimal("0.40"),
        Decimal(0),
        Decimal("0.90"),
    ]


def test_a_cost_that_nobody_knows_is_not_invoiced(tmp_path: Path) -> None:
    who = "Customer 'globex' of 'acme', 2026-10"
    said = f"{who}: nobody knows the marginal cost of 2 requests under plan 'plus' .mini 2"
    with pytest.raises(NotInvoiceable, match=said):
        drafted(tmp_path, a_customer(), *asked(), *asked(2, cost=None))


def test_requests_on_days_without_a_plan_are_not_forgotten(tmp_path: Path) -> None:
    customer = a_customer(terms=(a_term(since=MIDDLE),))
    with pytest.raises(NotInvoiceable, match="1 requests from 2026-10-01 to 2026-10-15, when no plan"):
        drafted(tmp_path, customer, *asked())
    assert drafted(tmp_path / "later", customer, *asked(1, MIDDLE)).total == Decimal("1.30")


def test_the_same_books_give_the_same_invoice(tmp_path: Path) -> None:
    happened = asked(7, cost=Nanos(123_456_789))
    assert drafted(tmp_path / "a", a_customer(), *happened) == drafted(
        tmp_path / "b", a_customer(), *reversed(happened)
    )
