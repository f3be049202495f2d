"""The price map's keys, one by one."""

from decimal import Decimal
from typing import Any

import pytest

from routergate.config.listed import rate_card
from routergate.domain.model import RateCard
from routergate.domain.rates import ContextTier, Tariff

BASE: dict[str, Any] = {
    "input_cost_per_token": Decimal("2e-6"),
    "output_cost_per_token": Decimal("8e-6"),
    "input_cost_per_token_flex": Decimal("1e-6"),
    "output_cost_per_token_flex": Decimal("4e-6"),
    "mode": "chat",
    "supports_vision": True,
}
LONG: dict[str, Any] = {
    "input_cost_per_token_above_200k_tokens": Decimal("4e-6"),
    "output_cost_per_token_above_200k_tokens": Decimal("12e-6"),
    "cache_creation_input_token_cost_above_1hr_above_200k_tokens": Decimal("8e-6"),
}
LONG_FLEX: dict[str, Any] = {
    "input_cost_per_token_above_200k_tokens_flex": Decimal("2e-6"),
    "output_cost_per_token_above_200k_tokens_flex": Decimal("6e-6"),
}


def carded(entry: dict[str, Any]) -> RateCard:
    found = rate_card(entry, "the test")
    assert found is not None
    return found


def test_a_service_tier_has_the_rates_under_its_ending() -> None:
    tiers = carded(BASE).service_tiers
    assert tiers.keys() == {"flex"}
    assert tiers["flex"] == Tariff(input=Decimal(1), output=Decimal(4))


def test_a_context_tier_has_the_rates_under_its_ending() -> None:
    assert carded(BASE | LONG).at(200_001) == ContextTier(
        above_input_tokens=200_000, input=Decimal(4), output=Decimal(12), cache_write_1h=Decimal(8)
    )


def test_a_service_tier_without_rates_for_long_inputs_has_the_standard_ones() -> None:
    assert carded(BASE | LONG).service_tiers["flex"].at(200_001).input == 4
    assert carded(BASE | LONG | LONG_FLEX).service_tiers["flex"].at(200_001).input == 2


def test_a_tier_without_a_rate_for_cached_tokens_has_the_usual_one() -> None:
    cached = {"cache_read_input_token_cost": Decimal("5e-7")}
    card = carded(BASE | LONG | cached)
    assert card.at(200_001).cache_read == card.service_tiers["flex"].cache_read == Decimal("0.5")


@pytest.mark.parametrize("missing", ["input_cost_per_token", "output_cost_per_token"])
def test_without_both_main_rates_no_price_is_known(missing: str) -> None:
    assert rate_card({key: cost for key, cost in BASE.items() if key != missing}, "the test") is None


def test_input_and_output_at_zero_are_unknown_rather_than_free() -> None:
    zero = {"input_cost_per_token": 0, "output_cost_per_token": Decimal("0.0")}
    assert rate_card(BASE | zero, "the test") is None
