"""The language of a text, from its script and its most common words."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from routergate.classify.spot import most

_SCRIPTS: Final = (
    ("ja", 0x3040, 0x30FF),
    ("ko", 0xAC00, 0xD7AF),
    ("zh", 0x4E00, 0x9FFF),
    ("ru", 0x0400, 0x04FF),
    ("ar", 0x0600, 0x06FF),
    ("he", 0x0590, 0x05FF),
    ("hi", 0x0900, 0x097F),
    ("el", 0x0370, 0x03FF),
    ("th", 0x0E00, 0x0E7F),
)
"""The first and the last character of each."""
_FIRST: Final = min(first for _, first, _ in _SCRIPTS)
SAMPLE: Final = 600
"""Characters whose script is looked at."""


def language(text: str, common: Mapping[str, int]) -> str:
    """Two letters, or `und` where it cannot be told; `common` are each language's frequent words in it."""
    if not text.isascii() and (script := _script(text[:SAMPLE])):
        return script
    return most(common, "und")


def _script(text: str) -> str | None:
    """The first script that makes up a good part of the text; a stray formula letter does not count."""
    characters = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32)
    foreign = characters[characters >= _FIRST]
    if len(foreign) * 5 <= len(text):
        return None
    return next(
        (name for name, first, last in _SCRIPTS if (foreign - first <= last - first).sum() * 5 > len(text)),
        None,
    )
