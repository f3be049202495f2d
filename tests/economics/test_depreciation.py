from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routergate.domain.asset import Method, Revision, Training
from routergate.domain.money import NANOS_PER_USD, Nanos, nanos
from routergate.economics.depreciation import (
    Spread,
    book_value,
    monthly,
    plan,
    spread,
    write_off,
    written_off,
)
from routergate.economics.months import following, instant
from support.assets import FEBRUARY, JANUARY, MARCH, a_training

dollars = st.decimals(0, 10**7, places=6)
spans = st.lists(st.integers(0, 4 * 10**9 * 10**9), min_size=2, max_size=8).map(sorted)
trainings = st.builds(
    lambda cost, worth, **rest: Training(cost=cost, salvage=min(cost, worth), in_service=JANUARY, **rest),
    cost=dollars,
    worth=dollars,
    method=st.sampled_from(Method),
    life_months=st.integers(1, 48),
    expected_requests=st.integers(1, 10**9),
    factor=st.decimals(1, 4, places=2),
)


def by_requests(requests: int = 10_000_000) -> Training:
    return a_training(method=Method.UNITS_OF_PRODUCTION, expected_requests=requests, life_months=None)


@pytest.mark.parametrize(
    ("requests", "each"), [(10_000_000, "0.04"), (20_000_000, "0.02"), (5_000_000, "0.08")]
)
def test_four_hundred_thousand_dollars_over_requests_cost_each(requests: int, each: str) -> None:
    assert spread(by_requests(requests)).each == nanos(Decimal(each))


def test_a_straight_line_takes_the_same_every_month() -> None:
    training = a_training()

    assert written_off(training, instant(FEBRUARY), 0) == nanos(Decimal(20_000))
    assert written_off(training, instant(date(2026, 2, 15)), 0) == nanos(Decimal(30_000))
    assert written_off(training, instant(date(2027, 9, 1)), 0) == nanos(Decimal(400_000))
    assert written_off(training, instant(date(2040, 1, 1)), 0) == nanos(Decimal(400_000))
    assert book_value(training, instant(MARCH), 0) == nanos(Decimal(360_000))


def test_a_declining_balance_takes_less_every_month_and_ends_in_a_straight_line() -> None:
    """1 200 over 4 months at twice the straight share: halves, until the rest in equal parts is more."""
    training = a_training(
        cost=Decimal(1_200), salvage=Decimal(0), life_months=4, method=Method.DECLINING_BALANCE
    )
    month, charges = JANUARY, []
    for _ in range(5):
        charges.append(monthly(training, instant(month)) / NANOS_PER_USD)
        month = following(month)
    assert charges == [600, 300, 150, 150, 0]


def test_a_declining_balance_stops_at_the_salvage() -> None:
    training = a_training(
        cost=Decimal(1_000), salvage=Decimal(400), life_months=4, method=Method.DECLINING_BALANCE
    )
    assert book_value(training, instant(MARCH), 0) == nanos(Decimal(400))


def test_requests_beyond_the_expected_ones_write_nothing_off() -> None:
    training = by_requests()

    assert written_off(training, instant(MARCH), 2_500_000) == nanos(Decimal(100_000))
    assert written_off(training, instant(MARCH), 11_000_000) == nanos(Decimal(400_000))


def test_only_a_cost_with_expected_requests_is_spread_over_them() -> None:
    with pytest.raises(ValueError, match="expected_requests"):
        spread(a_training())


@pytest.mark.parametrize(
    ("remaining", "each"), [(16_000_000, "0.015"), (4_000_000, "0.06"), (6_000_000, "0.04")]
)
def test_a_true_up_spreads_what_is_left_over_what_is_still_to_come(remaining: int, each: str) -> None:
    """400 000 over 10 M requests; after 4 M of them 240 000 are left."""
    left = spread(by_requests()).trued_up(4_000_000, remaining)

    assert left.amount == nanos(Decimal(240_000))
    assert left.each == nanos(Decimal(each))


@given(st.integers(0, 10**18).map(Nanos), st.integers(1, 10**9), st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_true_up_neither_loses_nor_adds(amount: Nanos, requests: int, served: int, remaining: int) -> None:
    before = Spread(amount=amount, requests=requests)
    after = before.trued_up(served, remaining)
    assert before.written_off(served) + after.written_off(remaining) == amount


def test_a_revision_spreads_what_is_left_and_leaves_what_was_charged() -> None:
    """After 4 M requests at 4 cents, 16 M are still to come: 240 000 dollars over them are 1.5 cents each."""
    revised = replace(by_requests(), revisions=(Revision(served=4_000_000, remaining_requests=16_000_000),))

    assert written_off(revised, 0, 3_999_999) == written_off(by_requests(), 0, 3_999_999)
    assert written_off(revised, 0, 4_000_000) == nanos(Decimal(160_000))
    assert written_off(revised, 0, 4_000_001) == nanos(Decimal("160000.015"))
    assert written_off(revised, 0, 20_000_000) == nanos(Decimal(400_000))
    assert written_off(revised, 0, 30_000_000) == nanos(Decimal(400_000))
    assert plan(revised, 4_000_000)[0].each == nanos(Decimal("0.015"))


def test_a_second_revision_goes_on_from_the_first() -> None:
    revisions = (
        Revision(served=4_000_000, remaining_requests=16_000_000),
        Revision(served=12_000_000, remaining_requests=2_000_000),
    )
    revised = replace(by_requests(), revisions=revisions)

    assert written_off(revised, 0, 12_000_000) == nanos(Decimal(280_000))
    assert written_off(revised, 0, 14_000_000) == nanos(Decimal(400_000))


@given(trainings, spans, st.integers(0, 10**6))
def test_the_parts_of_a_life_add_up_to_the_whole(training: Training, moments: list[int], pace: int) -> None:
    start = instant(JANUARY)
    off = [written_off(training, start + at, n * pace) for n, at in enumerate(moments)]

    assert off == sorted(off)
    assert sum(later - earlier for earlier, later in pairwise(off)) == off[-1] - off[0]
    assert 0 <= off[0] <= off[-1] <= nanos(training.cost) - nanos(training.salvage)


@given(trainings)
def test_after_its_life_all_but_the_salvage_is_written_off(training: Training) -> None:
    off = written_off(training, instant(date(2031, 1, 1)), 10**9)
    assert off == nanos(training.cost) - nanos(training.salvage)


@settings(max_examples=25)
@given(trainings.filter(lambda it: it.method is not Method.UNITS_OF_PRODUCTION))
def test_the_months_of_a_life_add_up_to_the_whole(training: Training) -> None:
    month, total = JANUARY, Fraction(0)
    for _ in range(training.life_months or 0):
        total += monthly(training, instant(month))
        month = following(month)
    assert total == nanos(training.cost) - nanos(training.salvage)


def test_a_month_before_it_is_in_service_costs_nothing() -> None:
    before = instant(date(2025, 12, 31))

    assert monthly(a_training(), before) == 0
    assert written_off(a_training(), before, 0) == 0
    assert book_value(a_training(), before, 0) == 0


def test_what_is_left_when_it_is_retired_is_written_off_at_once() -> None:
    training = a_training(salvage=Decimal(40_000))

    assert write_off(training, MARCH, 0) == nanos(Decimal(324_000))
    assert written_off(training, instant(MARCH) - 1, 0, MARCH) < nanos(Decimal(36_001))
    assert written_off(training, instant(MARCH), 0, MARCH) == nanos(Decimal(360_000))
    assert book_value(training, instant(MARCH) - 1, 0, MARCH) > nanos(Decimal(363_999))
    assert book_value(training, instant(MARCH), 0, MARCH) == 0
