"""Two that work out prices independently, litellm and we, agree on what its price map means."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from routergate.config.pricemap import look_up
from routergate.config.spec import ProviderKind
from routergate.domain.usage import Usage
from routergate.economics.price import cost
from routergate.providers.dialect import decode, usage_of
from routergate.providers.litellm import load

pytestmark = [
    pytest.mark.xdist_group("litellm"),
    # litellm's own: pydantic's remarks on its models.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning"),
]
MODELS = {
    "gpt-4o-mini": "openai",
    "gpt-5": "openai",
    "gpt-5.4": "openai",
    "azure/gpt-5.4": "azure",
    "gemini/gemini-2.5-pro": "gemini",
    "gemini/gemini-2.5-flash": "gemini",
    "mistral/mistral-large-latest": "mistral",
}
ANTHROPIC = {
    "input_tokens": 50,
    "cache_read_input_tokens": 10_000,
    "cache_creation_input_tokens": 1_000,
    "cache_creation": {"ephemeral_5m_input_tokens": 400, "ephemeral_1h_input_tokens": 600},
    "output_tokens": 503,
    "service_tier": "standard",
}


@pytest.fixture(scope="module")
def litellm() -> Any:
    return load()


def ours(model: str, usage: Usage, tier: str | None) -> int | None:
    listing = look_up(model, "x", ProviderKind.LITELLM)
    assert listing is not None
    assert listing.rates is not None
    return cost(usage, listing.rates, asked=tier)


def theirs(litellm: Any, model: str, usage: Any, tier: str | None) -> Decimal:
    """In nano-dollars; litellm reckons in floats."""
    provider = MODELS.get(model, "anthropic")
    parts = litellm.cost_per_token(
        model=model, custom_llm_provider=provider, usage_object=usage, service_tier=tier
    )
    return sum(map(Decimal, parts), Decimal(0)) * 10**9


@pytest.mark.parametrize("tier", [None, "priority", "flex"])
@pytest.mark.parametrize("prompt", [1_000, 200_000, 200_001, 272_000, 272_001])
@pytest.mark.parametrize("model", MODELS)
def test_litellm_comes_to_the_same(litellm: Any, model: str, prompt: int, tier: str | None) -> None:
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": 777,
        "total_tokens": prompt + 777,
        "prompt_tokens_details": {"cached_tokens": prompt // 3},
        "completion_tokens_details": {"reasoning_tokens": 100},
    }
    read = usage_of(decode(msgspec.json.encode({"usage": usage})).usage)
    assert read is not None
    expected = theirs(litellm, model, litellm.Usage(**usage), tier)
    assert ours(model, read, tier) == pytest.approx(expected, abs=1)


def test_anthropics_cache_lifetimes_come_through_litellms_translation(litellm: Any) -> None:
    translated = litellm.AnthropicConfig().calculate_usage(ANTHROPIC, reasoning_content=None)
    read = usage_of(decode(b'{"usage": %s}' % translated.model_dump_json().encode()).usage)
    assert read == Usage(
        input_uncached=50, cache_read=10_000, cache_write=400, cache_write_1h=600, output=503
    )
    model = "claude-sonnet-4-5"
    assert ours(model, read, None) == 15_795_000
    assert theirs(litellm, model, translated, None) == pytest.approx(Decimal(15_795_000), abs=1)
