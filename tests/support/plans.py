"""Plans, customers and what they used, one attribute at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.plan import Basis, CostPlus, Customer, Plan, Term, Tier, Tiers, Unit
from routergate.domain.usage import Usage
from routergate.economics.metered import Consumption

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
A_CENT_OVER = CostPlus(markup=Decimal("0.3"), basis=Basis.MARGINAL)
BY_MILLIONS = Tiers(
    unit=Unit.TOKENS,
    per=1_000_000,
    steps=(Tier(price=Decimal(4), up_to=10_000_000), Tier(price=Decimal(3))),
)
"""Four dollars for each of the first ten million tokens, then three."""


def a_plan(**changes: Any) -> Plan:
    """Cost plus thirty per cent."""
    return replace(Plan(id="plus", usage=A_CENT_OVER), **changes)


def a_term(plan: Plan | None = None, **changes: Any) -> Term:
    """A plan from October 2026 on."""
    return replace(Term(plan=plan or a_plan(), since=OCTOBER), **changes)


def a_customer(**changes: Any) -> Customer:
    """Globex, which pays cost plus thirty per cent to acme from October 2026 on."""
    customer = Customer(id="globex", organisation="acme", name="Globex Corporation", terms=(a_term(),))
    return replace(customer, **changes)


def used(**changes: Any) -> Consumption:
    """A thousand requests of ten dollars together, with two million tokens read and one written."""
    consumption = Consumption(
        route="auto",
        requests=1_000,
        usage=Usage(input_uncached=2_000_000, output=1_000_000),
        cost=10_000_000_000,
    )
    return replace(consumption, **changes)
