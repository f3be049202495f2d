from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.plan import (
    Basis,
    CostPlus,
    Credit,
    Currency,
    Plan,
    RateSheet,
    Seats,
    Term,
    Tier,
    Tiers,
    Tokens,
    Unit,
)
from routergate.domain.usage import Usage
from routergate.economics.charges import Line, drawn, lines, total
from routergate.economics.metered import Consumption, Kind, Unpriceable
from support.plans import BY_MILLIONS, NOVEMBER, OCTOBER, a_plan, a_term, used

DOLLARS, YEN = Currency(), Currency(code="JPY", usd=Decimal("0.0065"), places=0)
MONTH = OCTOBER, NOVEMBER
CARD = RateSheet(
    rates=Tokens(
        input=Decimal(3), output=Decimal(12), cache_read=Decimal("0.3"), per_request=Decimal("0.001")
    ),
    routes={"support": Tokens(input=Decimal(1), output=Decimal(2))},
)


def charged(
    plan: Plan, *cells: Consumption, days: tuple[date, date] = MONTH, seats: int = 0
) -> tuple[Line, ...]:
    return lines(a_term(plan, seats=seats), days, cells or (used(),), DOLLARS)


def shown(found: tuple[Line, ...]) -> list[tuple[str, str, Decimal]]:
    return [(line.kind.value, line.what, line.amount) for line in found]


def test_cost_plus_is_the_cost_and_its_markup() -> None:
    assert shown(charged(a_plan())) == [("usage", "", Decimal("13.00"))]


def test_requests_that_are_too_cheap_are_charged_at_the_floor() -> None:
    plan = a_plan(usage=CostPlus(markup=Decimal("0.3"), floor=Decimal("0.002")))
    assert total(charged(plan, used(floored=500))) == Decimal("14.00")


@pytest.mark.parametrize(("cost", "at_floor"), [(1_538_461, True), (1_538_462, False)])
def test_the_threshold_is_the_first_cost_whose_price_is_not_below_the_floor(
    cost: int, at_floor: bool
) -> None:
    marked = CostPlus(markup=Decimal("0.3"), floor=Decimal("0.002"))
    assert (cost < marked.threshold) is at_floor
    assert (cost * Fraction(13, 10) < 2_000_000) is at_floor


def test_a_cost_that_nobody_knows_has_no_price() -> None:
    with pytest.raises(Unpriceable, match="nobody knows the loaded cost of 1,200 requests"):
        charged(a_plan(usage=CostPlus(markup=Decimal(0), basis=Basis.LOADED)), used(unknown=1_200))


def test_a_rate_card_has_a_line_for_each_route_and_kind_of_tokens() -> None:
    cached = used(usage=Usage(input_uncached=2_000_000, cache_read=1_000_000, reasoning=500_000))
    assert shown(charged(a_plan(usage=CARD), cached, used(route="support"))) == [
        ("usage", "auto", Decimal("1.00")),
        ("usage", "auto input_uncached", Decimal("6.00")),
        ("usage", "auto cache_read", Decimal("0.30")),
        ("usage", "auto reasoning", Decimal("6.00")),
        ("usage", "support input_uncached", Decimal("2.00")),
        ("usage", "support output", Decimal("2.00")),
    ]


def test_tokens_without_a_rate_are_not_free() -> None:
    with pytest.raises(Unpriceable, match="no rate 'audio_input', and route 'auto'"):
        charged(a_plan(usage=CARD), used(usage=Usage(audio_input=1)))


@pytest.mark.parametrize("usage", [CARD, BY_MILLIONS])
def test_tokens_that_nobody_counted_are_not_free(usage: RateSheet | Tiers) -> None:
    with pytest.raises(Unpriceable, match="nobody knows the tokens of 3 requests"):
        charged(a_plan(usage=usage), used(uncounted=3))


def test_each_unit_has_the_price_of_its_tier() -> None:
    cell = used(usage=Usage(input_uncached=12_500_000))
    assert shown(charged(a_plan(usage=BY_MILLIONS), cell)) == [
        ("usage", "up to 10,000,000", Decimal("40.00")),
        ("usage", "beyond", Decimal("7.50")),
    ]


@pytest.mark.parametrize(("requests", "due"), [(100, "10.00"), (101, "5.05")])
def test_all_units_may_have_the_price_of_the_tier_that_is_reached(requests: int, due: str) -> None:
    steps = (Tier(price=Decimal("0.10"), up_to=100), Tier(price=Decimal("0.05")))
    whole = Tiers(unit=Unit.REQUESTS, per=1, steps=steps, whole=True)
    assert total(charged(a_plan(usage=whole), used(requests=requests))) == Decimal(due)


def test_seats_include_usage_and_what_is_beyond_is_charged() -> None:
    """Two seats at 30 USD with a million tokens each; three million were used."""
    plan = a_plan(usage=BY_MILLIONS, seats=Seats(price=Decimal(30), included=Decimal(1_000_000)))
    assert shown(charged(plan, seats=2)) == [
        ("included", "", Decimal("0.00")),
        ("usage", "up to 10,000,000", Decimal("4.00")),
        ("seats", "", Decimal("60.00")),
    ]


def test_dollars_of_usage_may_be_included() -> None:
    found = charged(a_plan(included=Decimal(5)))
    assert shown(found) == [("usage", "", Decimal("13.00")), ("included", "", Decimal("-5.00"))]


def test_no_more_is_included_than_is_used() -> None:
    assert total(charged(a_plan(included=Decimal(50)))) == 0


def test_usage_may_cost_nothing() -> None:
    found = charged(Plan(id="flat", fee=Decimal(99)))
    assert shown(found) == [("fee", "", Decimal("99.00"))]


def test_a_minimum_is_topped_up_to_the_cent() -> None:
    found = charged(a_plan(minimum=Decimal(20), fee=Decimal("1.11")))
    assert shown(found)[-1] == ("minimum", "", Decimal("5.89"))
    assert total(found) == 20


def test_a_minimum_that_is_reached_has_no_line() -> None:
    assert Kind.MINIMUM not in {line.kind for line in charged(a_plan(minimum=Decimal(13)))}


def test_a_part_of_a_month_has_its_part_of_fee_seats_minimum_and_what_is_included() -> None:
    """Ten days of thirty-one."""
    plan = a_plan(fee=Decimal(31), included=Decimal(31), seats=Seats(price=Decimal(31)), minimum=Decimal(310))
    found = charged(plan, days=(OCTOBER, date(2026, 10, 11)), seats=2)
    assert shown(found) == [
        ("usage", "", Decimal("13.00")),
        ("included", "", Decimal("-10.00")),
        ("seats", "", Decimal("20.00")),
        ("fee", "", Decimal("10.00")),
        ("minimum", "", Decimal("67.00")),
    ]


def test_another_currency_is_rounded_to_its_own_coin() -> None:
    [line] = lines(a_term(), MONTH, [used()], YEN)
    assert line.amount == 2_000
    assert Currency().amount(Fraction(125, 1000)) == Decimal("0.12")


def test_nothing_used_is_nothing_charged() -> None:
    assert lines(a_term(), MONTH, [], DOLLARS) == ()


@given(st.lists(st.integers(0, 10**15), max_size=5), st.decimals(0, 2, places=3))
def test_cost_plus_is_exact_however_the_cost_is_cut(costs: list[int], markup: Decimal) -> None:
    term = Term(plan=a_plan(usage=CostPlus(markup=markup)), since=OCTOBER)
    apart = lines(term, MONTH, [used(cost=cost) for cost in costs], DOLLARS)
    exact = Fraction(sum(costs), 10**9) * (1 + Fraction(markup))
    assert total(apart) == DOLLARS.amount(exact)


DECEMBER = date(2026, 12, 1)


def whole(prepaid: Sequence[Credit], bills: Sequence[tuple[date, Decimal]]) -> tuple[int, int]:
    """What is drawn and what is left, in whole coins."""
    used, left = drawn(prepaid, bills)
    return int(used), int(left)


def test_credits_are_drawn_until_they_are_used_up() -> None:
    credit = Credit(amount=Decimal(100), since=OCTOBER)
    bills = [(OCTOBER, Decimal(30)), (NOVEMBER, Decimal(50)), (DECEMBER, Decimal(40))]
    assert [whole([credit], bills[:n]) for n in (1, 2, 3)] == [(30, 70), (50, 20), (20, 0)]


def test_what_expires_first_is_drawn_first_and_then_gone() -> None:
    lasting = Credit(amount=Decimal(10), since=OCTOBER)
    brief = Credit(amount=Decimal(10), since=OCTOBER, until=NOVEMBER)
    bills = [(OCTOBER, Decimal(4)), (NOVEMBER, Decimal(12))]
    assert whole([lasting, brief], bills[:1]) == (4, 10)
    assert whole([lasting, brief], bills) == (10, 0)


def test_two_credits_that_are_alike_are_two() -> None:
    credit = Credit(amount=Decimal(10), since=OCTOBER)
    assert whole([credit, credit], [(OCTOBER, Decimal(15))]) == (15, 5)


def test_a_credit_is_not_drawn_before_it_is_there() -> None:
    assert whole([Credit(amount=Decimal(10), since=NOVEMBER)], [(OCTOBER, Decimal(5))]) == (0, 0)
    assert whole([], []) == (0, 0)
