"""How good two answers to the same request are, by rules that do not err; pure."""

import json
import re
from collections.abc import Callable

from routergate.check.schema import fits

_NUMBER = re.compile(r"[-+]?\d[\d,_ ]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
CLOSE = 1e-6
"""By how much of itself a number may differ."""
Grade = Callable[[str], float]


def structured(schema: object) -> Grade:
    """1.0 for JSON of that structure, any object where there is no schema."""

    def grade(text: str) -> float:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return 0.0
        return float(isinstance(value, dict) if schema is None else fits(value, schema))

    return grade


def matching(pattern: re.Pattern[str]) -> Grade:
    """1.0 for a text that has the pattern somewhere."""
    return lambda text: float(pattern.search(text) is not None)


def same_number(text: str, other: str) -> float | None:
    """Whether both end in the same number; `None`: the other one has none, so nobody can say."""
    mine, measure = _last_number(text), _last_number(other)
    if measure is None:
        return None
    return float(mine is not None and abs(mine - measure) <= CLOSE * max(abs(measure), abs(mine)))


def same_words(text: str, other: str) -> float:
    """Whether both say the same, but for spaces and capitals."""
    return float(text.casefold().split() == other.casefold().split())


def _last_number(text: str) -> float | None:
    found = _NUMBER.findall(text)
    return float(re.sub("[,_ ]", "", found[-1])) if found else None
