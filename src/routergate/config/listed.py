"""The price map's own way of writing rates → a rate card.

The map has one key per rate, in dollars per token, with the length of the input and the service tier as
endings: `output_cost_per_token_above_200k_tokens_priority`.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from routergate.domain.model import RateCard
from routergate.domain.rates import ContextTier, Tariff

COSTS: Final[Mapping[str, str]] = {
    "input": "input_cost_per_token",
    "output": "output_cost_per_token",
    "cache_read": "cache_read_input_token_cost",
    "cache_write": "cache_creation_input_token_cost",
    "cache_write_1h": "cache_creation_input_token_cost_above_1hr",
    "reasoning": "output_cost_per_reasoning_token",
    "audio_input": "input_cost_per_audio_token",
    "audio_output": "output_cost_per_audio_token",
}
ALWAYS_APART: Final = frozenset({"input", "output", "reasoning"})
"""Rates that differ wherever an ending does."""
SERVICE_TIERS: Final[Mapping[str, str]] = {"priority": "_priority", "flex": "_flex", "batch": "_batches"}
LENGTH: Final = re.compile(r"input_cost_per_token_above_(\d+)k_tokens(?:_(?:priority|flex|batches))?")

Numbers = Mapping[str, Decimal]
"""The numbers of an entry, by key."""


def rate_card(entry: Mapping[str, Any], source: str) -> RateCard | None:
    """All that the entry says of prices; `None` if it knows none.

    The map says zero where it does not know: input and output both zero is unknown, not free.
    """
    numbers = {key: Decimal(value) for key, value in entry.items() if isinstance(value, int | Decimal)}
    base = _rates(numbers, "")
    if base is None or base["input"] == base["output"] == 0:
        return None
    tiers = _context_tiers(numbers, "")
    return RateCard(
        start=date.min,
        per_request=numbers.get("input_cost_per_request", Decimal(0)),
        context_tiers=tiers,
        service_tiers=dict(_service_tiers(numbers, tiers)),
        source=source,
        **base,
    )


def _service_tiers(numbers: Numbers, standard: tuple[ContextTier, ...]) -> Iterable[tuple[str, Tariff]]:
    """A long input that a service tier has no rates for is not served there, but at the standard rates."""
    for name, ending in SERVICE_TIERS.items():
        rates = _rates(numbers, ending)
        if rates is not None:
            own = {tier.above_input_tokens: tier for tier in (*standard, *_context_tiers(numbers, ending))}
            yield name, Tariff(context_tiers=tuple(own[limit] for limit in sorted(own)), **rates)


def _context_tiers(numbers: Numbers, ending: str) -> tuple[ContextTier, ...]:
    thousands = sorted({int(match[1]) for match in map(LENGTH.fullmatch, numbers) if match})
    found = ((each, _rates(numbers, f"_above_{each}k_tokens{ending}")) for each in thousands)
    return tuple(ContextTier(above_input_tokens=each * 1_000, **rates) for each, rates in found if rates)


def _rates(numbers: Numbers, ending: str) -> dict[str, Any] | None:
    """Rates under keys with an ending; none without both of those that every request needs.

    Where the map has no ending for what a cached or spoken token costs, it means that it costs the same.
    """
    places = {
        rate: key + ending if rate in ALWAYS_APART or key + ending in numbers else key
        for rate, key in COSTS.items()
    }
    found = {rate: numbers[place] for rate, place in places.items() if place in numbers}
    if not {"input", "output"} <= found.keys():
        return None
    return {rate: _per_million(cost) for rate, cost in found.items()}


def _per_million(per_token: Decimal) -> Decimal:
    return per_token.scaleb(6) + 0  # plain digits: 10, not 1E+1
