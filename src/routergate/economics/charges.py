"""What a customer is charged for a month: plan and consumption → lines, each rounded once.

Reproducible to the cent: nothing but integers and fractions before a line is rounded, nothing but rounded
lines after it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from routergate.domain.plan import NOTHING, Credit, Currency, Term
from routergate.economics.metered import Amount, Consumption, Kind, times, usage_amounts
from routergate.economics.months import following, instant, months_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a bill."""

    kind: Kind
    plan: str
    what: str
    """Of which: the route and the kind of tokens, or the tier."""
    quantity: Fraction
    unit: str
    price: Decimal | None
    """Dollars for one unit; `None`: it has none."""
    amount: Decimal
    """In the customer's currency, rounded."""


def lines(
    term: Term, days: tuple[date, date], used: Sequence[Consumption], coin: Currency
) -> tuple[Line, ...]:
    """What one plan charges for its days of a month, up to the day before the second one.

    Raises `Unpriceable` where the cost or the tokens of a request, or the rate of a token, are not known.
    """
    months = months_between(instant(days[0]), instant(days[1]))
    plan, seats = term.plan, term.plan.seats
    included = (Fraction(plan.included) + term.seats * Fraction(seats.included if seats else 0)) * months
    amounts = [*usage_amounts(plan, included, used)]
    if seats:
        amounts.append(times(Kind.SEATS, "", months * term.seats, "seat months", seats.price))
    amounts.append(times(Kind.FEE, "", months if plan.fee else Fraction(0), "months", plan.fee))
    found = [_line(each, plan.id, coin.amount(each.dollars)) for each in amounts if each.quantity]
    least = times(Kind.MINIMUM, "", months, "months", plan.minimum)
    if (missing := coin.amount(least.dollars) - total(found)) > 0:
        found.append(_line(least, plan.id, missing))
    return tuple(found)


def total(found: Iterable[Line]) -> Decimal:
    """The sum of rounded lines."""
    return sum((line.amount for line in found), NOTHING)


def drawn(prepaid: Sequence[Credit], bills: Sequence[tuple[date, Decimal]]) -> tuple[Decimal, Decimal]:
    """What the last of some months draws of prepaid credits, and what of them is left for the next one.

    `bills` are the months from the first credit on, in their order, with what each came to. What expires
    first is drawn first.
    """
    order = sorted(prepaid, key=lambda one: (one.until or date.max, one.since))
    left, used, after = [one.amount for one in order], NOTHING, date.min
    for month, due in bills:
        used, after = NOTHING, following(month)
        for at, credit in enumerate(order):
            if credit.since < after and not _gone(credit, month):
                part = min(left[at], max(due - used, NOTHING))
                left[at] -= part
                used += part
    rest = [left[at] for at, credit in enumerate(order) if credit.since < after and not _gone(credit, after)]
    return used, sum(rest, NOTHING)


def _line(each: Amount, plan: str, amount: Decimal) -> Line:
    return Line(
        kind=each.kind,
        plan=plan,
        what=each.what,
        quantity=each.quantity,
        unit=each.unit,
        price=each.price,
        amount=amount,
    )


def _gone(credit: Credit, month: date) -> bool:
    return credit.until is not None and credit.until <= month
