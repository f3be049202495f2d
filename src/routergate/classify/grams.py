"""Text → hashed words, stems and word pairs, without a loop over characters.

A hash cannot be turned back into text, and what is kept of it (the latent vector) cannot either.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

BITS: Final = 16
BUCKETS: Final = 1 << BITS
STEM: Final = 4
"""Bytes of a word that its stem has."""
OPENING: Final = 4
"""Words at the beginning that count once more, as an opening."""

_SPACE, _WORD, _SIGN = 0, 1, 2
_DIGITS: Final = bytes.maketrans(b"123456789", b"0" * 9)
_MULTIPLY: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_LONGEST: Final = 64
_POWERS: Final = np.cumprod(np.full(_LONGEST, 0x100000001B3, dtype=np.uint64))
_PAIR: Final = np.uint64(31)
_STEMS: Final = 5
_LOGS: Final = (1 + np.log(np.arange(1 << 13).clip(1))).astype(np.float32)


def _kinds() -> NDArray[np.uint8]:
    """What each byte is part of; everything beyond ASCII is part of a word."""
    kinds = np.full(256, _SIGN, np.uint8)
    kinds[[0, 9, 10, 11, 12, 13, 32]] = _SPACE
    kinds[list(b"0123456789abcdefghijklmnopqrstuvwxyz_")] = _WORD
    kinds[128:] = _WORD
    return kinds


_KINDS: Final = _kinds()


@dataclass(frozen=True, slots=True)
class Grams:
    """A text as hashes, in its order."""

    octets: NDArray[np.uint8]
    """UTF-8, in lower case, every digit a zero."""
    words: Hashes
    """One per word, and one per sign that is not a letter, a digit or a space."""
    stems: Hashes


def grams(text: str) -> Grams:
    """The words of a text and their stems; of a long word, the order of its first 64 bytes counts."""
    raw = text.lower().encode("utf-8", "replace").translate(_DIGITS)
    octets = np.frombuffer(raw, np.uint8)
    kinds = _KINDS[octets]
    kept = kinds != _SPACE
    starting = kept.copy()
    starting[1:] &= (kinds[1:] != _WORD) | (kinds[:-1] != _WORD)
    starts = np.flatnonzero(starting[kept])
    if not len(starts):
        return Grams(octets, np.empty(0, np.uint64), np.empty(0, np.uint64))
    letters = octets[kept].astype(np.uint64) + np.uint64(1)
    offsets = np.arange(len(letters)) - np.repeat(starts, np.diff(starts, append=len(letters)))
    values = letters * _POWERS.take(offsets, mode="clip")
    return Grams(octets, np.add.reduceat(values, starts), np.add.reduceat(values * (offsets < STEM), starts))


def buckets(text: Grams) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The buckets that a text falls into, each once, with the logarithm of how often."""
    words, pairs = text.words, text.words[:-1] * _PAIR + text.words[1:]
    hashes = (
        _bucket(words, 0),
        _bucket(pairs, 1),
        _bucket(text.stems, _STEMS),
        _bucket(words[:OPENING], 3),
        _bucket(pairs[: OPENING - 1], 4),
    )
    found = np.sort(np.concatenate(hashes), kind="stable")
    last = np.flatnonzero(found[1:] != found[:-1])
    ends = np.append(last, len(found) - 1) if len(found) else last
    counts = np.diff(ends, prepend=-1)
    return found[ends].astype(np.int64), _LOGS[np.minimum(counts, len(_LOGS) - 1)]


def stems(text: Grams) -> frozenset[int]:
    """The buckets of a text's stems alone."""
    return frozenset(_bucket(text.stems, _STEMS).tolist())


def _bucket(hashes: Hashes, salt: int) -> NDArray[np.uint16]:
    mixed = (hashes ^ np.uint64(salt)) * _MULTIPLY[0]
    mixed ^= mixed >> np.uint64(29)
    return (mixed * _MULTIPLY[1] >> np.uint64(64 - BITS)).astype(np.uint16)
