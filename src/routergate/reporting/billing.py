"""The ledger's rows → what a customer is charged for a month."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import ibis
from ibis import Table

from routergate.domain.invoice import Invoice, Item, Party, Used
from routergate.domain.plan import Basis, Billing, CostPlus, Currency, Customer, Detail, NotInvoiceable, Term
from routergate.domain.usage import INPUTS, KINDS, OUTPUTS, Usage
from routergate.economics.charges import Line, drawn, lines, total
from routergate.economics.metered import Consumption, Unpriceable
from routergate.economics.months import following
from routergate.reporting.charged import ACCRUAL
from routergate.reporting.engine import fetched
from routergate.reporting.rows import Expression, money, requests, tokens, unpriced

COLUMNS = {Basis.MARGINAL: "cost_nanos", Basis.LOADED: "loaded_cost_nanos"}
"""The cost on each basis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One customer, with what its bills depend on."""

    customer: Customer
    billing: Billing

    def since(self, month: date) -> date:
        """The first day whose rows it takes to reckon a month."""
        return min([month, *(credit.since.replace(day=1) for credit in self.customer.credits)])

    def invoice(self, rows: Table, month: date) -> Invoice:
        """A draft for a month; raises `NotInvoiceable` with what is missing."""
        customer, coin = self.customer, self.coin(month)
        found, issuer = self.lines(rows, month), self.billing.issuer(self.customer.organisation)
        used, left = self._credit(rows, month)
        return Invoice(
            organisation=customer.organisation,
            customer=customer.id,
            issuer=Party(name=issuer.name, address=issuer.address),
            recipient=Party(name=customer.name, address=customer.address),
            month=month,
            currency=coin.code,
            usd=coin.usd,
            items=tuple(map(_item, found)),
            credit=used,
            credit_left=left,
            detail=customer.detail,
            used=tuple(_used(_of(rows, customer, month, following(month)), customer.detail)),
        )

    def lines(self, rows: Table, month: date) -> tuple[Line, ...]:
        """What the month's plans charge, before credits."""
        end, coin = following(month), self.coin(month)
        for since, until in self.customer.gaps(month, end):
            self._refuse_gap(rows, since, until)
        return tuple(
            line
            for term, since, until in self.customer.on(month, end)
            for line in self._lines(rows, term, (since, until), coin)
        )

    def coin(self, month: date) -> Currency:
        """The currency at the rate of the month's last day."""
        last = following(month) - timedelta(days=1)
        found = self.billing.currency(self.customer.currency, last)
        if found is None:
            code = self.customer.currency
            raise NotInvoiceable(
                f"{self._name(month)}: no rate of {code} is declared for {last}. "
                f"Add one to currencies.{code}."
            )
        return found

    def _lines(self, rows: Table, term: Term, days: tuple[date, date], coin: Currency) -> tuple[Line, ...]:
        within = _of(rows, self.customer, *days)
        try:
            return lines(term, days, consumption(within, term), coin)
        except Unpriceable as gap:
            raise NotInvoiceable(
                f"{self._name(days[0])}: {gap} under plan '{term.plan.id}'{_models(within, term)}. "
                "Correct the prices (routergate prices correct), or charge by another basis or rates."
            ) from gap

    def _refuse_gap(self, rows: Table, since: date, until: date) -> None:
        [counted] = fetched(_of(rows, self.customer, since, until).agg(requests=requests))
        if counted["requests"]:
            raise NotInvoiceable(
                f"{self._name(since)}: {counted['requests']:,} requests from {since} to "
                f"{until - timedelta(days=1)}, when no plan is in force. Add one to the customer's plans."
            )

    def _credit(self, rows: Table, month: date) -> tuple[Decimal, Decimal]:
        """What is drawn: every month since the first credit is reckoned, for earlier ones draw first."""
        given = self.customer.credits
        months = _months(self.since(month), month) if given else ()
        return drawn(given, [(one, total(self.lines(rows, one))) for one in months])

    def _name(self, day: date) -> str:
        return f"Customer '{self.customer.id}' of '{self.customer.organisation}', {day:%Y-%m}"


def consumption(rows: Table, term: Term) -> list[Consumption]:
    """What was used under a plan, by route."""
    marked = term.plan.usage if isinstance(term.plan.usage, CostPlus) else CostPlus(markup=Decimal(0))
    cost = COLUMNS[marked.basis]
    # A reversal takes back what it was, so it is as dear, only negative.
    above = rows[cost].abs() >= marked.threshold
    found = rows.group_by("route").agg(
        **{kind: tokens(rows, [kind]) for kind in KINDS},
        requests=requests(rows),
        uncounted=requests(rows, rows.output.isnull()),
        cost=money(rows, cost, above),
        floored=requests(rows, ~above),
        unknown=requests(rows, rows[cost].isnull()),
    )
    return [_consumption(row) for row in fetched(found.order_by("route"))]


def _consumption(row: dict[str, Any]) -> Consumption:
    usage = Usage(**{kind: int(row.pop(kind)) for kind in KINDS})
    route = row.pop("route")
    return Consumption(route=route, usage=usage, **{name: int(value) for name, value in row.items()})


def _of(rows: Table, customer: Customer, since: date, until: date) -> Table:
    """The customer's requests that a model answered, up to the day before `until`.

    What a closed month booked beside them is nobody's request, and not charged.
    """
    return rows.filter(
        rows.kind != ACCRUAL,
        rows.organisation == customer.organisation,
        rows.customer == customer.id,
        rows.model.notnull(),
        rows.date >= ibis.date(since),
        rows.date < ibis.date(until),
    )


def _models(rows: Table, term: Term) -> str:
    usage = term.plan.usage
    missing = unpriced(rows, COLUMNS[usage.basis] if isinstance(usage, CostPlus) else "output")
    return f" ({', '.join(f'{model} {count:,}' for model, count in missing.items())})" if missing else ""


def _item(line: Line) -> Item:
    return Item(
        kind=line.kind,
        plan=line.plan,
        what=line.what,
        quantity=_decimal(line.quantity),
        unit=line.unit,
        price=line.price,
        amount=line.amount,
    )


def _decimal(quantity: Fraction) -> Decimal:
    """To nine digits, for reading: the amount was made from the exact one."""
    return Decimal(round(quantity * 10**9)).scaleb(-9).normalize() + 0


def _used(rows: Table, detail: Detail) -> Iterator[Used]:
    if detail is Detail.NONE:
        return
    of: Expression = rows[detail.value]
    sums = rows.group_by(of=of).agg(
        requests=requests(rows), input_tokens=tokens(rows, INPUTS), output_tokens=tokens(rows, OUTPUTS)
    )
    found: Sequence[dict[str, Any]] = fetched(sums)
    for row in sorted(found, key=lambda row: (-row["requests"], row["of"] or "")):
        yield Used(of=row.pop("of"), **{name: int(count) for name, count in row.items()})


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = following(first)
