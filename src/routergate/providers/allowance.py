"""What is left of a provider's rate limits, as the head of each answer says: read before they bite."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Final, NamedTuple

ALMOST: Final = 0.01
"""Share of a limit in tokens with less than which few requests would be answered."""
SPAN: Final = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|[dhms]))+")
PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|[dhms])")
UNITS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
OPENAI: Final = ("requests", "tokens")
ANTHROPIC: Final = ("requests", "tokens", "input-tokens", "output-tokens")
TOLD: Final = ("remaining", "limit", "reset")
HEADERS: Final = (
    *((counts, *(f"x-ratelimit-{what}-{counts}" for what in TOLD)) for counts in OPENAI),
    *((counts, *(f"anthropic-ratelimit-{counts}-{what}" for what in TOLD)) for counts in ANTHROPIC),
)
"""What each limit counts, and the headers that tell of it."""


class Allowance(NamedTuple):
    """One limit, as three headers tell it."""

    counts: str
    """Requests, or some kind of tokens."""
    limit: str | None
    remaining: str
    reset: str | None


def spent(headers: Mapping[str, str]) -> float | None:
    """Seconds until every limit has something left again; `None`: each has, as far as is said."""
    waits = [wait for told in _allowances(headers) if _used_up(told) and (wait := _wait(told.reset))]
    return max(waits, default=None)


def _allowances(headers: Mapping[str, str]) -> Iterator[Allowance]:
    for counts, remaining, limit, reset in HEADERS:
        if remaining in headers:
            yield Allowance(counts, headers.get(limit), headers[remaining], headers.get(reset))


def _used_up(told: Allowance) -> bool:
    limit, remaining = _number(told.limit), _number(told.remaining)
    if remaining is None:
        return False
    few = ALMOST * limit if limit is not None and told.counts != "requests" else 0.0
    return remaining < 1 or remaining < few


def _wait(reset: str | None) -> float | None:
    """Seconds, from OpenAI's `1m30.5s`, from Anthropic's date, or from a plain number of them."""
    if reset is None:
        return None
    if SPAN.fullmatch(reset):
        return sum(float(number) * UNITS[unit] for number, unit in PART.findall(reset))
    return _number(reset) or _until(reset)


def _until(date: str) -> float | None:
    try:
        return max(datetime.fromisoformat(date).timestamp() - time.time(), 0.0)
    except (ValueError, OverflowError, OSError):
        return None


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text) else None
