from datetime import date
from decimal import Decimal

import pytest

from routergate.domain.plan import Issuer, Tier, Tiers, Unit
from support.plans import NOVEMBER, OCTOBER, a_customer, a_plan, a_term

MIDDLE = date(2026, 10, 16)


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((), "must rise"),
        ((20, 10, None), "must rise"),
        ((10, 10, None), "must rise"),
        ((None, None), "must rise"),
        ((10,), "the last tier must have no end"),
    ],
)
def test_tiers_rise_to_one_without_end(limits: tuple[int | None, ...], said: str) -> None:
    steps = tuple(Tier(price=Decimal(1), up_to=limit) for limit in limits)
    with pytest.raises(ValueError, match=said):
        Tiers(unit=Unit.TOKENS, per=1, steps=steps)


def test_a_month_may_have_several_plans() -> None:
    first, second = a_term(until=MIDDLE), a_term(a_plan(id="new"), since=MIDDLE)
    customer = a_customer(terms=(first, second))
    assert list(customer.on(OCTOBER, NOVEMBER)) == [(first, OCTOBER, MIDDLE), (second, MIDDLE, NOVEMBER)]
    assert list(customer.gaps(OCTOBER, NOVEMBER)) == []


def test_days_without_a_plan_are_known() -> None:
    customer = a_customer(terms=(a_term(since=date(2026, 10, 5), until=MIDDLE),))
    assert list(customer.gaps(OCTOBER, NOVEMBER)) == [(OCTOBER, date(2026, 10, 5)), (MIDDLE, NOVEMBER)]
    assert list(customer.on(NOVEMBER, date(2026, 12, 1))) == []


@pytest.mark.parametrize("end", [None, date(2026, 10, 17)])
def test_two_plans_on_one_day_are_refused(end: date | None) -> None:
    with pytest.raises(ValueError, match="two plans on 2026-10-16"):
        a_customer(terms=(a_term(until=end), a_term(since=MIDDLE)))


def test_numbers_have_six_digits_and_what_stands_before_them() -> None:
    assert Issuer(name="Acme", prefix="INV-").number(12) == "INV-000012"
