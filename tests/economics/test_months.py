from datetime import UTC, date, datetime
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from routergate.economics.months import (
    HOUR,
    cut,
    day_of,
    following,
    instant,
    month_of,
    months_between,
    preceding,
)

days = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(days)
def test_a_day_is_where_its_instant_is(day: date) -> None:
    assert instant(day) == int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 10**9
    assert day_of(instant(day)) == day
    assert day_of(instant(day) + 24 * HOUR - 1) == day


@given(days)
def test_a_whole_month_is_one_whatever_its_length(day: date) -> None:
    month = month_of(instant(day))

    assert months_between(instant(month), instant(following(month))) == 1
    assert preceding(following(month)) == month


def test_a_part_of_a_month_is_a_part_of_that_month() -> None:
    assert months_between(instant(date(2026, 1, 16)), instant(date(2026, 2, 15))) == Fraction(
        16, 31
    ) + Fraction(14, 28)


def test_a_period_is_cut_to_the_days_that_count() -> None:
    one, two, three = (instant(date(2026, month, 1)) for month in (1, 2, 3))

    assert cut(one, three, None, None) == (one, three)
    assert cut(one, three, date(2026, 2, 1), None) == (two, three)
    assert cut(one, three, None, date(2026, 2, 1)) == (one, two)
    assert cut(two, three, None, date(2026, 1, 1)) == (two, two)
