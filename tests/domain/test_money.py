from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.money import nanos, usd, usd_text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0.0"),
        (1, "0.000000001"),
        (-1, "-0.000000001"),
        (10, "0.00000001"),
        (1_000_000_000, "1.0"),
        (1_500_000_000, "1.5"),
        (-2_500_000_000, "-2.5"),
        (123_456_789_123_456_789, "123456789.123456789"),
        (100_000_000_000, "100.0"),
    ],
)
def test_money_is_written_in_plain_decimals(amount: int, text: str) -> None:
    assert usd_text(amount) == text


@pytest.mark.parametrize(
    ("dollars", "rounded"),
    [
        ("0.0000000005", 0),
        ("0.0000000015", 2),
        ("0.0000000025", 2),
        ("-0.0000000015", -2),
        ("0.00000000050001", 1),
        ("12.34", 12_340_000_000),
    ],
)
def test_dollars_are_rounded_half_to_even(dollars: str, rounded: int) -> None:
    assert nanos(Decimal(dollars)) == rounded


@given(st.integers(-(10**18), 10**18))
def test_no_amount_changes_on_its_way_through_dollars_and_text(amount: int) -> None:
    assert nanos(usd(amount)) == amount
    assert nanos(Decimal(usd_text(amount))) == amount
    assert "E" not in usd_text(amount)
