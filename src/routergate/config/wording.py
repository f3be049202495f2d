"""What pydantic finds wrong, in plain words that never show a value that could be secret."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import ErrorDetails

from routergate.config.findings import hint

WORDS: tuple[tuple[str, str], ...] = (
    ("missing", "is missing"),
    ("string_too_short", "must not be empty"),
    ("string", "expected text"),
    ("int", "expected a whole number"),
    ("decimal_(max|whole)", "has more digits than money can have"),
    ("decimal|float|finite", "expected a number"),
    ("bool", "expected true or false"),
    ("list|tuple", "expected a list, such as [a, b]"),
    ("dict|model", "expected a mapping, such as 'name: value'"),
    ("too_short", "must not be empty"),
    ("greater_than_equal", "must be at least {ge:g}"),
    ("greater_than", "must be more than {gt:g}"),
    ("less_than_equal", "must be at most {le:g}"),
    ("value_error", "{error}"),
)
"""Kinds of error by the start of their name, the first that fits."""

CHOICES = re.compile("'([^']*)'")


def words(error: ErrorDetails) -> str:
    """What is wrong, and where it can be known the remedy."""
    context: Mapping[str, Any] = error.get("ctx", {})
    if error["type"] in ("enum", "literal_error"):
        return _choice(str(error["input"]), str(context["expected"]))
    for start, text in WORDS:
        if re.match(start, error["type"]):
            return text.format_map(context)
    return error["msg"]


def _choice(word: str, expected: str) -> str:
    choices = CHOICES.findall(expected)
    if not choices:
        return f"must be {expected}"
    return f"'{word}' is not one of {', '.join(choices)}{hint(word, choices).partition('; known')[0]}"
