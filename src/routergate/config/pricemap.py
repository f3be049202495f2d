"""What litellm's bundled price map knows of a model; the file is read, litellm is never imported."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import msgspec

from routergate.config.spec import ProviderKind
from routergate.domain.model import Capability, RateCard

MAP = "model_prices_and_context_window_backup.json"
LONG_PROMPTS = b'"input_cost_per_token_above_'

CAPABILITIES: dict[str, frozenset[Capability]] = {
    "supports_function_calling": frozenset({Capability.TOOLS}),
    "supports_vision": frozenset({Capability.VISION}),
    "supports_audio_input": frozenset({Capability.AUDIO}),
    "supports_response_schema": frozenset({Capability.JSON_SCHEMA, Capability.JSON_MODE}),
    "supports_reasoning": frozenset({Capability.REASONING}),
}


class Entry(msgspec.Struct):
    """One model, as the map has it: dollars per token."""

    litellm_provider: str | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    max_output_tokens: int | None = None
    input_cost_per_token: Decimal | None = None
    output_cost_per_token: Decimal | None = None
    cache_read_input_token_cost: Decimal | None = None
    cache_creation_input_token_cost: Decimal | None = None
    output_cost_per_reasoning_token: Decimal | None = None
    input_cost_per_audio_token: Decimal | None = None
    output_cost_per_audio_token: Decimal | None = None
    input_cost_per_request: Decimal | None = None
    supports_function_calling: bool | None = None
    supports_vision: bool | None = None
    supports_audio_input: bool | None = None
    supports_response_schema: bool | None = None
    supports_reasoning: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """One model, in our words."""

    context_tokens: int | None
    max_output_tokens: int | None
    capabilities: frozenset[Capability]
    rates: RateCard | None
    dearer_when_long: bool
    """Whether long prompts have higher rates, which a rate card cannot say."""


def look_up(name: str, provider: str, kind: ProviderKind) -> Listing | None:
    """What is listed for a provider's model: under that provider, or else under the plain name."""
    for key in (f"{provider}/{name}", name, _tuned_from(name)):
        if key in _entries():
            return _listing(key)
    vendor, _, bare = name.partition("/")
    if kind is ProviderKind.LITELLM and _vendor(bare) == vendor:
        return _listing(bare)
    return None


def _tuned_from(name: str) -> str:
    """`ft:gpt-4o-mini:acme::x1` is listed as `ft:gpt-4o-mini`."""
    return ":".join(name.split(":")[:2]) if name.startswith("ft:") else name


def _vendor(name: str) -> str | None:
    entry = _entry(name) if name in _entries() else None
    return entry.litellm_provider if entry else None


@cache
def _entries() -> dict[str, msgspec.Raw]:
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        return {}
    return msgspec.json.decode((Path(spec.origin).parent / MAP).read_bytes(), type=dict[str, msgspec.Raw])


def _entry(name: str) -> Entry | None:
    try:
        return msgspec.json.decode(_entries()[name], type=Entry)
    except msgspec.ValidationError:  # an entry in another shape tells us nothing
        return None


def _listing(name: str) -> Listing | None:
    entry = _entry(name)
    if entry is None:
        return None
    flags = (words for flag, words in CAPABILITIES.items() if getattr(entry, flag))
    return Listing(
        context_tokens=entry.max_input_tokens or entry.max_tokens or None,
        max_output_tokens=entry.max_output_tokens or None,
        capabilities=frozenset().union(*flags),
        rates=_rates(entry),
        dearer_when_long=LONG_PROMPTS in bytes(_entries()[name]),
    )


def _rates(entry: Entry) -> RateCard | None:
    """The map says zero where it does not know: both zero is unknown, not free."""
    if entry.input_cost_per_token is None or entry.output_cost_per_token is None:
        return None
    if entry.input_cost_per_token == entry.output_cost_per_token == 0:
        return None
    return RateCard(
        start=date.min,
        input=_per_million(entry.input_cost_per_token),
        output=_per_million(entry.output_cost_per_token),
        cache_read=_if_known(entry.cache_read_input_token_cost),
        cache_write=_if_known(entry.cache_creation_input_token_cost),
        reasoning=_if_known(entry.output_cost_per_reasoning_token),
        audio_input=_if_known(entry.input_cost_per_audio_token),
        audio_output=_if_known(entry.output_cost_per_audio_token),
        per_request=entry.input_cost_per_request or Decimal(0),
        source=f"litellm {version('litellm')}",
    )


def _if_known(per_token: Decimal | None) -> Decimal | None:
    return None if per_token is None else _per_million(per_token)


def _per_million(per_token: Decimal) -> Decimal:
    return per_token.scaleb(6) + 0  # plain digits: 10, not 1E+1
