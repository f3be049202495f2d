"""Prices as written, with tiers, discount and minimum."""

from datetime import date
from decimal import Decimal
from pathlib import Path

from routergate.domain.model import ModelId, RateCard
from routergate.domain.rates import ContextTier, Tariff
from support.configs import SMALL, loaded, problems

LONG = "context_tiers: [{above_input_tokens: 200000, input: 2.50, output: 15, cache_read: 0.25}]"
FAST = f"service_tiers: {{priority: {{input: 2.25, output: 18, {LONG}}}}}"


def a_model(prices: str) -> str:
    """A configuration with one more model, at some prices."""
    model = "provider: openai, class: frontier, context_tokens: 1000000"
    return f"{SMALL}  x: {{{model}, prices: [{{from: 2026-01-01, input: 1.25, output: 10, {prices}}}]}}\n"


def test_everything_that_is_written_is_on_the_rate_card(tmp_path: Path) -> None:
    timed = "per_second: 0.0006, tokens_per_second: 80, markup: 0.2"
    text = a_model(
        f"cache_write: 1, cache_write_1h: 2, discount: 0.15, minimum: 0.0001, {timed}, {LONG}, {FAST}"
    )
    long = ContextTier(
        above_input_tokens=200_000, input=Decimal("2.50"), output=Decimal(15), cache_read=Decimal("0.25")
    )
    assert loaded(tmp_path, text).catalogue.models[ModelId("x")].prices == (
        RateCard(
            start=date(2026, 1, 1),
            input=Decimal("1.25"),
            output=Decimal(10),
            cache_write=Decimal(1),
            cache_write_1h=Decimal(2),
            context_tiers=(long,),
            service_tiers={
                "priority": Tariff(input=Decimal("2.25"), output=Decimal(18), context_tiers=(long,))
            },
            per_second=Decimal("0.0006"),
            tokens_per_second=Decimal(80),
            discount=Decimal("0.15"),
            minimum=Decimal("0.0001"),
            markup=Decimal("0.2"),
        ),
    )


def test_context_tiers_are_put_in_order(tmp_path: Path) -> None:
    tiers = ", ".join(f"{{above_input_tokens: {n}, input: 1, output: 1}}" for n in (9, 7, 8))
    (rates,) = loaded(tmp_path, a_model(f"context_tiers: [{tiers}]")).catalogue.models[ModelId("x")].prices
    assert [tier.above_input_tokens for tier in rates.context_tiers] == [7, 8, 9]


def test_two_tiers_from_the_same_length_on_are_a_mistake(tmp_path: Path) -> None:
    tiers = ", ".join(["{above_input_tokens: 9, input: 1, output: 1}"] * 2)
    [problem] = problems(tmp_path, a_model(f"context_tiers: [{tiers}]"))
    assert "two context_tiers have the same above_input_tokens; keep one of them" in problem


def test_a_discount_of_more_than_everything_is_a_mistake(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, a_model("discount: 15"))
    assert "models.x.prices[0].discount" in problem
