"""LiteLLM's vendors, by the beginning of its model names → how RouterGate speaks to them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from routergate.config.pricemap import vendor_of
from routergate.config.spec import ProviderKind

OPENAI, LITELLM = ProviderKind.OPENAI, ProviderKind.LITELLM
MAX_TOKENS: Final = {"output_limit": "max_tokens"}


@dataclass(frozen=True, slots=True)
class Vendor:
    """A vendor, as a provider of ours."""

    kind: ProviderKind
    key: str | None = None
    """The variable in which LiteLLM looks for its API key, unless one is written."""
    base_url: str | None = None
    """Where it is, unless that is written; `None`: the kind knows, or it has to be written."""
    own: bool = False
    """Whether it is somebody's own server, which needs no key."""
    settings: Mapping[str, Any] = field(default_factory=dict)


VENDORS: Final[Mapping[str, Vendor]] = {
    "openai": Vendor(OPENAI, "OPENAI_API_KEY"),
    "azure": Vendor(ProviderKind.AZURE, "AZURE_API_KEY", "${AZURE_API_BASE}"),
    "anthropic": Vendor(ProviderKind.ANTHROPIC, "ANTHROPIC_API_KEY"),
    "hosted_vllm": Vendor(ProviderKind.VLLM, own=True),
    "vllm": Vendor(ProviderKind.VLLM, own=True),
    "mistral": Vendor(
        OPENAI, "MISTRAL_API_KEY", "https://api.mistral.ai/v1", settings={**MAX_TOKENS, "stream_usage": False}
    ),
    "deepseek": Vendor(OPENAI, "DEEPSEEK_API_KEY", "https://api.deepseek.com/v1", settings=MAX_TOKENS),
    "gemini": Vendor(OPENAI, "GEMINI_API_KEY", "https://generativelanguage.googleapis.com/v1beta/openai"),
    "xai": Vendor(OPENAI, "XAI_API_KEY", "https://api.x.ai/v1"),
    "groq": Vendor(OPENAI, "GROQ_API_KEY", "https://api.groq.com/openai/v1"),
    "together_ai": Vendor(OPENAI, "TOGETHERAI_API_KEY", "https://api.together.xyz/v1", settings=MAX_TOKENS),
    "openrouter": Vendor(OPENAI, "OPENROUTER_API_KEY", "https://openrouter.ai/api/v1"),
    "ollama": Vendor(OPENAI, None, "http://localhost:11434/v1", own=True, settings=MAX_TOKENS),
    "ollama_chat": Vendor(OPENAI, None, "http://localhost:11434/v1", own=True, settings=MAX_TOKENS),
    "lm_studio": Vendor(OPENAI, None, "http://localhost:1234/v1", own=True, settings=MAX_TOKENS),
    "openai_like": Vendor(OPENAI, "OPENAI_LIKE_API_KEY", settings=MAX_TOKENS),
    "custom_openai": Vendor(OPENAI, "OPENAI_API_KEY", settings=MAX_TOKENS),
}
OTHERS: Final = Vendor(LITELLM)
"""All that LiteLLM speaks to and RouterGate does not: through LiteLLM's library."""


def split(model: str, named: str | None) -> tuple[str, str]:
    """Vendor and the vendor's name of a model: of `azure/prod-4o`, or of `gpt-4o`, whose vendor is known."""
    vendor, slash, name = model.partition("/")
    if named:
        return named, model.removeprefix(f"{named}/")
    if slash and (vendor in VENDORS or vendor_of(vendor) is None):
        return vendor, name
    return vendor_of(model) or "openai", model
