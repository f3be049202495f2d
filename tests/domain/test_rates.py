from decimal import Decimal

import pytest

from routergate.domain.rates import RATES, ContextTier, Tariff


def tier(above: int, rate: str = "1") -> ContextTier:
    return ContextTier(above_input_tokens=above, input=Decimal(rate), output=Decimal(rate))


def tariff(*tiers: ContextTier) -> Tariff:
    return Tariff(input=Decimal(0), output=Decimal(0), context_tiers=tiers)


@pytest.mark.parametrize(
    ("tokens", "rate"), [(0, 0), (1_000, 0), (1_001, 1), (2_000, 1), (2_001, 2), (10**9, 2)]
)
def test_the_highest_tier_below_the_input_is_in_force(tokens: int, rate: int) -> None:
    assert tariff(tier(1_000, "1"), tier(2_000, "2")).at(tokens).input == rate


def test_without_tiers_the_rates_are_the_same_at_any_length() -> None:
    assert tariff().at(10**9) == tariff()


@pytest.mark.parametrize("limits", [(2, 1), (1, 1)])
def test_tiers_are_in_the_order_of_their_limits(limits: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="in the order of their limits"):
        tariff(*map(tier, limits))


def test_a_tiers_rate_is_not_negative() -> None:
    with pytest.raises(ValueError, match="negative or infinite"):
        tier(1, "-1")


def test_the_rates_are_all_that_a_token_can_cost() -> None:
    assert RATES == (
        "input", "output", "cache_read", "cache_write", "cache_write_1h", "reasoning",
        "audio_input", "audio_output",
    )  # fmt: skip
