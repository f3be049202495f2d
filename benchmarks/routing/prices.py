"""Dollars per million tokens, in and out: list prices, and for open models what hosts ask by size."""

import re
from collections.abc import Mapping
from typing import Final

from routergate.classify.names import canonical

LISTED: Final[Mapping[str, tuple[float, float]]] = {
    "gpt-4o-mini": (0.15, 0.60),
    "gpt-4o": (2.50, 10.00),
    "gpt-4-turbo": (10.00, 30.00),
    "gpt-4": (30.00, 60.00),
    "gpt-3-5-turbo": (0.50, 1.50),
    "o1-preview": (15.00, 60.00),
    "o1-mini": (3.00, 12.00),
    "claude-3-opus": (15.00, 75.00),
    "claude-3-5-sonnet": (3.00, 15.00),
    "claude-3-sonnet": (3.00, 15.00),
    "claude-3-5-haiku": (0.80, 4.00),
    "claude-3-haiku": (0.25, 1.25),
    "gemini-1-5-pro": (1.25, 5.00),
    "gemini-1-5-flash": (0.075, 0.30),
    "mistral-large": (2.00, 6.00),
    "grok-2": (2.00, 10.00),
    "reka-core": (2.00, 6.00),
    "reka-flash": (0.20, 0.80),
    "command-r-plus": (2.50, 10.00),
    "command-r": (0.15, 0.60),
    "c4ai-command-r": (0.15, 0.60),
    "yi-large": (3.00, 3.00),
    "deepseek": (0.14, 0.28),
    "jamba-1-5-large": (2.00, 8.00),
}
BY_SIZE: Final = ((4, 0.10), (9, 0.20), (21, 0.30), (41, 0.80), (80, 0.90), (110, 1.80), (10_000, 3.50))
"""Billions of parameters up to which a price holds, in and out alike."""
SIZES: Final = {
    "8x7b": 47,
    "8x22b": 110,
    "athene-70b": 70,
    "phi-3-mini": 4,
    "phi-3-5-mini": 4,
    "mistral-nemo": 12,
}


def price(model: str) -> tuple[float, float]:
    """Of a model of the data."""
    name = canonical(model)
    listed = [known for known in LISTED if name.startswith(known)]
    if listed:
        return LISTED[max(listed, key=len)]
    found = re.search(r"(\d+(?:\.\d+)?|\d+-\d+)b\b", name)
    size = next((known for part, known in SIZES.items() if part in name), None)
    billions = size or (float(found[1].replace("-", ".")) if found else 30)
    dollars = next(dollars for most, dollars in BY_SIZE if billions <= most)
    return dollars, dollars
