from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.builders import a_card, a_rate_card

RATES = (
    "input",
    "output",
    "cache_read",
    "cache_write",
    "cache_write_1h",
    "reasoning",
    "audio_input",
    "audio_output",
    "per_request",
    "minimum",
    "discount",
)


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("wrong", ["-0.1", "Infinity", "-Infinity", "NaN", "sNaN"])
def test_a_rate_is_neither_negative_nor_infinite(rate: str, wrong: str) -> None:
    change: dict[str, Any] = {rate: Decimal(wrong)}
    with pytest.raises(ValueError, match="negative or infinite"):
        a_rate_card(**change)


def test_a_discount_is_no_more_than_everything() -> None:
    with pytest.raises(ValueError, match=r"a discount is a share, 0 to 1: 1\.01"):
        a_rate_card(discount=Decimal("1.01"))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"context_tokens": 0}, "model 'mini': context_tokens must be positive"),
        (
            {"prices": (a_rate_card(start=date(2025, 1, 1)), a_rate_card(start=date(2024, 1, 1)))},
            "model 'mini': rate cards must be in the order of their dates",
        ),
    ],
)
def test_a_model_card_says_what_is_wrong_with_it(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        a_card(**changes)


@pytest.mark.parametrize(
    ("day", "start"),
    [
        (date(2023, 12, 31), None),
        (date(2024, 1, 1), date(2024, 1, 1)),
        (date(2024, 12, 31), date(2024, 1, 1)),
        (date(2025, 1, 1), date(2025, 1, 1)),
        (date(2030, 1, 1), date(2025, 1, 1)),
    ],
)
def test_the_rate_card_of_the_day_is_in_force(day: date, start: date | None) -> None:
    prices = (a_rate_card(start=date(2024, 1, 1)), a_rate_card(start=date(2025, 1, 1)))
    found = a_card(prices=prices).rates(day)
    assert (found.start if found else None) == start


def test_without_rate_cards_there_is_none_in_force() -> None:
    assert a_card(prices=()).rates(date(2026, 1, 1)) is None


@given(st.lists(st.integers(0, 1_000), unique=True).map(sorted), st.integers(-10, 1_010))
def test_the_card_in_force_is_the_latest_that_has_started(starts: list[int], on: int) -> None:
    epoch = date(2024, 1, 1)
    card = a_card(prices=tuple(a_rate_card(start=epoch + timedelta(days=days)) for days in starts))
    found = card.rates(epoch + timedelta(days=on))
    begun = [days for days in starts if days <= on]
    assert (found.start if found else None) == (epoch + timedelta(days=begun[-1]) if begun else None)
