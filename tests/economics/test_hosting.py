from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import Hosting, Maintenance, Use
from routergate.domain.money import nanos
from routergate.economics.hosting import (
    active_seconds,
    allocated,
    busy_seconds,
    hosting_charge,
    hosting_month,
    maintenance_charge,
    measured_charge,
    measured_split,
    per_million,
    split,
)
from routergate.economics.months import HOUR, instant
from support.assets import FEBRUARY, JANUARY, MARCH, a_hosting

THIRTY_DAYS = instant(date(2026, 4, 1)), instant(date(2026, 5, 1))
BILL = nanos(Decimal(1_620))
money = st.decimals(0, 10**5, places=6)
hostings = st.builds(Hosting, units=st.integers(0, 512), unit_hour=money, monthly=money)
moments = st.integers(0, 4 * 10**18)


def test_one_l40s_costs_1620_dollars_in_thirty_days() -> None:
    assert hosting_charge(a_hosting(), *THIRTY_DAYS) == BILL
    assert hosting_month(a_hosting(), THIRTY_DAYS[0] + HOUR) == BILL


def test_ten_thousand_tokens_a_second_are_26_billion_in_a_month_of_730_hours() -> None:
    tokens = 10_000 * 730 * 3_600

    assert round(tokens / 1e9, 1) == 26.3
    assert round(per_million(BILL, tokens) or 0, 4) == Decimal("0.0616")
    assert round(per_million(BILL, tokens // 10) or 0, 3) == Decimal("0.616")


def test_a_million_tokens_cost_the_same_by_whatever_length_of_month_if_it_is_one_length() -> None:
    """2.25 an hour over 36 M tokens an hour."""
    assert per_million(BILL, 10_000 * 720 * 3_600) == Decimal("0.0625")


def test_nothing_served_has_no_cost_for_each() -> None:
    assert per_million(BILL, 0) is None
    assert allocated(BILL, 0) is None
    assert allocated(BILL, 1_620) == 10**9


def test_a_monthly_fee_is_the_same_in_a_short_month() -> None:
    fee = Hosting(monthly=Decimal(3_000))

    assert hosting_charge(fee, instant(FEBRUARY), instant(MARCH)) == nanos(Decimal(3_000))
    assert hosting_charge(fee, instant(FEBRUARY), instant(date(2026, 2, 15))) == nanos(Decimal(1_500))


def test_only_the_time_from_the_first_day_to_the_last_is_charged() -> None:
    year = instant(JANUARY), instant(date(2027, 1, 1))
    fee = Hosting(monthly=Decimal(3_000))

    assert hosting_charge(fee, *year, FEBRUARY, MARCH) == nanos(Decimal(3_000))
    assert active_seconds(*year, FEBRUARY, MARCH) == 28 * 86_400
    assert hosting_charge(fee, *year, None, JANUARY) == 0


def test_maintenance_is_charged_by_the_month() -> None:
    upkeep = Maintenance(monthly=Decimal(500), retraining=Decimal(3_000), retraining_months=6)
    charged = maintenance_charge(upkeep, instant(JANUARY), instant(MARCH))
    assert charged == nanos(Decimal(2_000))


@given(hostings, st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_the_parts_of_a_period_add_up_to_its_charge(hosting: Hosting, times: list[int]) -> None:
    first, middle, last = times
    upkeep = Maintenance(monthly=hosting.monthly)
    one, other = hosting_charge(hosting, first, middle), hosting_charge(hosting, middle, last)

    assert one + other == hosting_charge(hosting, first, last)
    assert maintenance_charge(upkeep, first, middle) + maintenance_charge(
        upkeep, middle, last
    ) == maintenance_charge(upkeep, first, last)


def test_the_busy_share_is_what_was_done_of_what_can_be_done() -> None:
    seconds = active_seconds(*THIRTY_DAYS)
    found = split(a_hosting(), BILL, 10_000 * 259_200, seconds)

    assert found is not None
    assert found.utilisation == Fraction(1, 10)
    assert (found.busy, found.idle) == (BILL // 10, BILL - BILL // 10)


def test_more_tokens_than_it_can_do_leave_nothing_idle() -> None:
    found = split(a_hosting(), BILL, 10**18, Fraction(1))
    assert found is not None
    assert (found.busy, found.idle) == (BILL, 0)


def test_without_a_capacity_nobody_knows_what_was_idle() -> None:
    assert split(a_hosting(tokens_per_second=None), BILL, 1, Fraction(1)) is None
    assert split(a_hosting(), BILL, 1, Fraction(0)) is None


def test_busy_seconds_are_shared_by_requests_that_are_answered_at_the_same_time() -> None:
    use = Use(milliseconds=7_200_000, timed=90)

    assert busy_seconds(a_hosting(), use) == 7_200
    assert busy_seconds(a_hosting(at_once=8), use) == 900


def test_what_nobody_timed_took_as_long_as_the_rest_and_is_unknown_without_any() -> None:
    assert busy_seconds(a_hosting(), Use(milliseconds=9_000, timed=9, untimed=1)) == 10
    assert busy_seconds(a_hosting(), Use(untimed=1)) is None
    assert busy_seconds(a_hosting(), Use()) == 0


def test_a_measured_bill_is_of_the_busy_time_and_never_of_more_than_there_was() -> None:
    hosting, month = a_hosting(measured=True), active_seconds(*THIRTY_DAYS)

    assert measured_charge(hosting, Fraction(7_200), month) == nanos(Decimal("4.50"))
    assert measured_charge(hosting, 2 * month, month) == BILL
    found = measured_split(BILL, month / 4, month)
    assert found is not None
    assert (found.busy, found.idle, found.utilisation) == (BILL, 0, Fraction(1, 4))
    assert measured_split(BILL, month, Fraction(0)) is None


@given(st.integers(0, 10**17), st.integers(0, 10**13), st.integers(1, 10**8))
def test_busy_and_idle_are_the_whole_bill(bill: int, tokens: int, seconds: int) -> None:
    found = split(a_hosting(), nanos(Decimal(bill).scaleb(-9)), tokens, Fraction(seconds))
    assert found is not None
    assert found.busy + found.idle == bill
    assert min(found.busy, found.idle) >= 0
