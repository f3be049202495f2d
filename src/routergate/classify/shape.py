"""What a text looks like, whatever its words mean: a vector of fixed length."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routergate.classify import quantity
from routergate.classify.grams import Grams

_SIGNS: Final = tuple(map(ord, "\n?$\\=^(,\"%|.:;*<>[{_'!"))
_CODES: Final = np.array(_SIGNS)
_DIGIT: Final = ord("0")
_MARKS: Final = ("\nA.", "\nE.", "\nJ.", "```", "def ", "____", "Q:", "\n1", "\n- ", "Answer")

NAMES: Final = (
    "length",
    "words",
    "digits",
    "letters beyond ASCII",
    "length squared",
    "share of digits",
    "letters per word",
    *(f"sign {chr(sign)!r}" for sign in _SIGNS),
    *(f"mark {mark!r}" for mark in _MARKS),
    *quantity.NAMES,
)
"""One per element of a shape."""


def shape(text: str, found: Grams) -> NDArray[np.float32]:
    """Length, signs and marks of a text, on scales on which they compare."""
    counts = np.bincount(np.frombuffer(found.octets, np.uint8), minlength=256)
    length, words = len(found.octets), len(found.words)
    digits, foreign = int(counts[_DIGIT]), 0 if text.isascii() else int(counts[128:].sum())
    logs = np.log1p((length, words, digits, foreign, *counts.take(_CODES).tolist())).tolist()
    seen = (
        *logs[:4],
        logs[0] ** 2 / 10,
        digits / max(length, 1),
        length / max(words, 1),
        *logs[4:],
        *[mark in text for mark in _MARKS],
    )
    return np.concatenate((seen, quantity.quantities(text, found)), dtype=np.float32)
