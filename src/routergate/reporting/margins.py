"""What each customer leaves: what it is charged for a month, less what its requests cost."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import ibis
from ibis import Table

from routergate.domain.money import NANOS_PER_USD
from routergate.domain.plan import Billing, Customer, NotInvoiceable
from routergate.economics.charges import total
from routergate.economics.months import following
from routergate.reporting.billing import Account
from routergate.reporting.engine import fetched
from routergate.reporting.report import Column, Report, Unit, Value
from routergate.reporting.rows import BESIDE, money, requests, unknown

OUTRUN = "cost outruns price"
Key = tuple[str, str | None]
"""Organisation and customer."""
COLUMNS = (
    Column("organisation", Unit.TEXT, "who charges"),
    Column("customer", Unit.TEXT, "as requests name it; empty: requests without a customer"),
    Column("requests", Unit.COUNT, "all of them, answered or not"),
    Column("price_usd", Unit.USD, "what the plan charges for the month, before credits"),
    Column("cost_usd", Unit.USD, "what was paid for the requests", missing="unpriced"),
    Column("unpriced", Unit.COUNT, "requests whose cost is not known", detail=True),
    Column("loaded_usd", Unit.USD, "that, and their shares of fixed costs", missing="unloaded"),
    Column("unloaded", Unit.COUNT, "requests whose loaded cost is not known", detail=True),
    Column("margin_usd", Unit.USD, "price less loaded cost; unknown if either is"),
    Column("margin", Unit.SHARE, "of the price"),
    Column("flag", Unit.TEXT, f"`{OUTRUN}`, or why there is no price"),
)


_NONE = dict.fromkeys(("requests", "cost", "unpriced", "loaded", "unloaded"), 0)


@dataclass(frozen=True, slots=True)
class _Line:
    organisation: str
    customer: str | None
    sums: Mapping[str, int]
    price: int | None
    flag: str

    @property
    def margin(self) -> int | None:
        """Unknown where a cost is missing, unless what is known outruns the price already."""
        if self.price is None:
            return None
        left = self.price - self.sums["loaded"]
        return None if self.sums["unloaded"] and left >= 0 else left

    def cells(self) -> tuple[Value, ...]:
        """In the order of the columns."""
        share = self.margin / self.price if self.margin is not None and self.price else None
        sums = (self.sums[name] for name in ("cost", "unpriced", "loaded", "unloaded"))
        flag = OUTRUN if self.margin is not None and self.margin < 0 else self.flag
        return (
            self.organisation,
            self.customer,
            self.sums["requests"],
            self.price,
            *sums,
            self.margin,
            share,
            flag or None,
        )


def margins(rows: Table, billing: Billing, month: date, organisation: str | None = None) -> Report:
    """Every customer with requests or a plan in the month, the smallest margin first."""
    customers: dict[Key, Customer] = {(one.organisation, one.id): one for one in billing.customers.values()}
    seen = _sums(rows, month)
    keys = {key for key in {*seen, *customers} if organisation in (None, key[0])}
    lines = [_line(rows, key, seen.get(key), customers.get(key), billing, month) for key in keys]
    ordered = sorted(
        (line for line in lines if line.price or line.sums["requests"]),
        key=lambda line: (line.margin is None, line.margin or 0, line.organisation, line.customer or ""),
    )
    outrun = [line for line in ordered if line.margin is not None and line.margin < 0]
    notes = (f"{len(outrun):,} customers cost more than they pay.",) if outrun else ()
    return Report(
        title="Margins",
        since=month,
        until=following(month) - timedelta(days=1),
        columns=COLUMNS,
        rows=tuple(line.cells() for line in ordered),
        notes=(
            *notes,
            "Prices are in USD, at the rates of the month where a customer pays in another currency.",
        ),
    )


def _sums(rows: Table, month: date) -> dict[Key, dict[str, int]]:
    within = rows.filter(
        rows.kind.notin(BESIDE), rows.date >= ibis.date(month), rows.date < ibis.date(following(month))
    )
    sums = within.group_by("organisation", "customer").agg(
        requests=requests(within),
        cost=money(within, "cost_nanos"),
        unpriced=unknown(within, "cost_nanos"),
        loaded=money(within, "loaded_cost_nanos"),
        unloaded=unknown(within, "loaded_cost_nanos"),
    )
    found: list[dict[str, Any]] = fetched(sums)
    return {(row["organisation"], row["customer"]): {name: int(row[name]) for name in _NONE} for row in found}


def _line(
    rows: Table,
    key: Key,
    sums: dict[str, int] | None,
    customer: Customer | None,
    billing: Billing,
    month: date,
) -> _Line:
    price, flag = _price(rows, customer, billing, month)
    return _Line(organisation=key[0], customer=key[1], sums=sums or _NONE, price=price, flag=flag)


def _price(rows: Table, customer: Customer | None, billing: Billing, month: date) -> tuple[int | None, str]:
    if customer is None:
        return None, "is not declared under customers"
    account = Account(customer=customer, billing=billing)
    try:
        charged = total(account.lines(rows, month))
        return round(Fraction(charged) * Fraction(account.coin(month).usd) * NANOS_PER_USD), ""
    except NotInvoiceable as gap:
        return None, str(gap)
