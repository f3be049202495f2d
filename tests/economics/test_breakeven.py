from dataclasses import replace
from decimal import Decimal

import pytest

from routergate.domain.money import usd
from routergate.domain.usage import Usage
from routergate.economics.breakeven import Comparison, break_even, monthly_saving, payback_months
from routergate.economics.price import cost
from support.builders import a_rate_card

EACH = Comparison(
    fixed_per_month=Decimal(1_620),
    own_per_request=Decimal("0.001"),
    api_per_request=Decimal("0.005"),
    capacity=Decimal(1_000_000),
)
"""By request."""
MILLIONS = Comparison(
    fixed_per_month=Decimal(1_620),
    own_per_request=Decimal(0),
    api_per_request=Decimal(9),
    upfront=Decimal(100 + 1_620 + 4_000),
)
"""A request is a million tokens here."""


def test_it_breaks_even_where_the_savings_pay_the_fixed_cost() -> None:
    found = break_even(EACH)

    assert found.requests == 405_000
    assert found.why_not is None
    assert monthly_saving(EACH, Decimal(405_000)) == 0


@pytest.mark.parametrize("own", ["0.005", "0.006"])
def test_a_request_that_saves_nothing_never_breaks_even(own: str) -> None:
    found = break_even(replace(EACH, own_per_request=Decimal(own)))
    assert (found.requests, found.why_not) == (
        None,
        "a request of the own model costs as much as one of the API, or more",
    )


def test_a_break_even_beyond_the_capacity_is_none() -> None:
    found = break_even(replace(EACH, capacity=Decimal(400_000)))
    assert (found.requests, found.why_not) == (
        None,
        "it would take 405,000 requests a month, and there is room for 400,000",
    )


def test_without_a_limit_there_is_always_room() -> None:
    assert break_even(replace(EACH, capacity=None)).requests == 405_000


def test_requests_beyond_the_capacity_save_nothing() -> None:
    assert monthly_saving(EACH, Decimal(2_000_000)) == monthly_saving(EACH, Decimal(1_000_000))


def test_a_million_tokens_half_read_and_half_written_cost_nine_dollars() -> None:
    million = cost(Usage(input_uncached=500_000, output=500_000), a_rate_card("3.00", "15.00"))
    assert million is not None
    assert usd(million) == MILLIONS.api_per_request


def test_five_million_tokens_a_day_never_pay_back() -> None:
    volume = Decimal(30 * 5)

    assert volume * MILLIONS.api_per_request == 1_350
    assert payback_months(MILLIONS, volume) is None


def test_fifty_million_tokens_a_day_pay_back_within_the_first_month() -> None:
    volume = Decimal(30 * 50)

    assert volume * MILLIONS.api_per_request == 13_500
    assert round(payback_months(MILLIONS, volume) or 0, 2) == Decimal("0.48")
