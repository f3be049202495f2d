"""What litellm's bundled price map knows of a model; the file is read, litellm is never imported."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec

from routergate.config.listed import rate_card
from routergate.config.spec import ProviderKind
from routergate.domain.model import Capability, RateCard

MAP = "model_prices_and_context_window_backup.json"

CAPABILITIES: dict[str, frozenset[Capability]] = {
    "supports_function_calling": frozenset({Capability.TOOLS}),
    "supports_vision": frozenset({Capability.VISION}),
    "supports_audio_input": frozenset({Capability.AUDIO}),
    "supports_response_schema": frozenset({Capability.JSON_SCHEMA, Capability.JSON_MODE}),
    "supports_reasoning": frozenset({Capability.REASONING}),
}


class Entry(msgspec.Struct):
    """One model, as the map has it; its prices are `listed`'s matter."""

    litellm_provider: str | None = None
    mode: str | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    max_output_tokens: int | None = None
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


def look_up(name: str, provider: str, kind: ProviderKind) -> Listing | None:
    """What is listed for a provider's model: under that provider, or else under the plain name."""
    house = kind if kind is ProviderKind.AZURE else provider
    for key in (f"{house}/{name}", name, _tuned_from(name)):
        if key in _entries():
            return _listing(key)
    vendor, _, bare = name.partition("/")
    if kind is ProviderKind.LITELLM and vendor_of(bare) == vendor:
        return _listing(bare)
    return None


def _tuned_from(name: str) -> str:
    """`ft:gpt-4o-mini:acme::x1` is listed as `ft:gpt-4o-mini`."""
    return ":".join(name.split(":")[:2]) if name.startswith("ft:") else name


def vendor_of(name: str) -> str | None:
    """The vendor under which the map lists a model, if it does."""
    entry = _entry(name) if name in _entries() else None
    return entry.litellm_provider if entry else None


_numbers = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode


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
    embeds = {Capability.EMBEDDINGS} if entry.mode == "embedding" else set()
    flags = (words for flag, words in CAPABILITIES.items() if getattr(entry, flag))
    return Listing(
        context_tokens=entry.max_input_tokens or entry.max_tokens or None,
        max_output_tokens=entry.max_output_tokens or None,
        capabilities=frozenset(embeds).union(*flags),
        rates=rate_card(_numbers(_entries()[name]), f"litellm {version('litellm')}"),
    )
