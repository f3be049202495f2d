"""What is known of models without being told."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from importlib.metadata import version

import pytest

from routergate.config.pricemap import look_up
from routergate.config.spec import ProviderKind
from routergate.domain.model import Capability, RateCard

OPENAI, LITELLM = ProviderKind.OPENAI, ProviderKind.LITELLM


def test_a_known_model_has_exact_rates_and_its_facts() -> None:
    listing = look_up("gpt-4o-mini", "openai", OPENAI)
    assert listing is not None
    assert listing.rates is not None
    assert replace(listing.rates, service_tiers={}) == RateCard(
        start=date.min,
        input=Decimal("0.15"),
        output=Decimal("0.6"),
        cache_read=Decimal("0.075"),
        source=f"litellm {version('litellm')}",
    )
    assert (listing.context_tokens, listing.max_output_tokens) == (128000, 16384)
    assert listing.capabilities == {
        Capability.TOOLS, Capability.VISION, Capability.JSON_SCHEMA, Capability.JSON_MODE,
    }  # fmt: skip


def test_a_model_that_makes_vectors_is_known_as_one() -> None:
    listing = look_up("text-embedding-3-small", "openai", OPENAI)
    assert listing is not None
    assert listing.capabilities == {Capability.EMBEDDINGS}
    assert listing.rates is not None
    assert str(listing.rates.input) == "0.02"


def test_rates_are_plain_digits() -> None:
    listing = look_up("gpt-4o", "openai", OPENAI)
    assert listing is not None
    assert listing.rates is not None
    assert str(listing.rates.output) == "10"


@pytest.mark.parametrize(
    ("name", "provider", "kind"),
    [
        ("anthropic/claude-sonnet-4-5", "claude", LITELLM),
        ("claude-sonnet-4-5", "anthropic", LITELLM),
        ("groq/openai/gpt-oss-120b", "fast", LITELLM),
        ("openai/gpt-oss-120b", "groq", OPENAI),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", "openai", OPENAI),
    ],
)
def test_a_model_is_found_by_any_of_its_names(name: str, provider: str, kind: ProviderKind) -> None:
    listing = look_up(name, provider, kind)
    assert listing is not None
    assert listing.rates is not None


@pytest.mark.parametrize(
    ("name", "provider", "kind"),
    [
        ("no-such-model", "openai", OPENAI),
        ("openrouter-like/claude-sonnet-4-5", "x", LITELLM),
        ("anthropic/claude-sonnet-4-5", "proxy", OPENAI),
    ],
)
def test_a_model_of_somebody_else_is_not_taken_for_it(name: str, provider: str, kind: ProviderKind) -> None:
    assert look_up(name, provider, kind) is None


def test_an_entry_in_another_shape_tells_nothing() -> None:
    assert look_up("sample_spec", "x", OPENAI) is None


def test_zero_in_the_map_is_unknown_rather_than_free() -> None:
    listing = look_up("github_copilot/gpt-4o", "x", LITELLM)
    assert listing is not None
    assert listing.rates is None


def test_long_prompts_have_rates_of_their_own() -> None:
    listing = look_up("gemini/gemini-2.5-pro", "google", LITELLM)
    assert listing is not None
    assert listing.rates is not None
    assert listing.rates.at(200_000) == listing.rates
    long = listing.rates.at(200_001)
    assert (long.input, long.cache_read, long.output) == (Decimal("2.5"), Decimal("0.25"), Decimal(15))
