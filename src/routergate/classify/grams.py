"""Text → hashed words, stems and word pairs, without a loop over characters.

A hash cannot be turned back into text, and what is kept of it (the latent vector) cannot either.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

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
_SPACES: Final = bytes((0, 9, 10, 11, 12, 13, 32))
_LETTERS: Final = bytes(0 if octet in _SPACES else (octet + 1) % 256 for octet in range(256))
"""What each byte adds to a hash: UTF-8 has no byte 255."""
_MULTIPLY: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93))
_LONGEST: Final = 64
_BASE: Final = 0x100000001B3
_BEYOND: Final = np.uint64(pow(_BASE, _LONGEST, 1 << 64))
_PAIR: Final = np.uint64(31)
_PAIRS, _OPENINGS, _OPENING_PAIRS, _STEMS = map(np.uint64, (1, 3, 4, 5))
_HALF, _REST = np.uint64(29), np.uint64(64 - BITS)
_LOGS: Final = (1 + np.log(np.arange(1 << 13).clip(1))).astype(np.float32)


def _kinds() -> bytes:
    """What each byte is part of; everything beyond ASCII is part of a word."""
    kinds = bytearray([_SIGN] * 128 + [_WORD] * 128)
    for octet in _SPACES:
        kinds[octet] = _SPACE
    for octet in b"0123456789abcdefghijklmnopqrstuvwxyz_":
        kinds[octet] = _WORD
    return bytes(kinds)


_KINDS: Final = _kinds()


@lru_cache(maxsize=32)
def _powers(bits: int) -> tuple[Hashes, Hashes]:
    """Powers of the base from the first on, and what takes them back from the zeroth on, for so long a text.

    By them the sum over any part of a text becomes the sum of that part alone, wherever it stands.
    """
    return _repeated(_BASE, bits), np.append(np.uint64(1), _repeated(pow(_BASE, -1, 1 << 64), bits))


def _repeated(factor: int, bits: int) -> Hashes:
    powers: Hashes = np.multiply.accumulate(np.full(1 << bits, factor, np.uint64))
    return powers


@dataclass(frozen=True, slots=True)
class Grams:
    """A text as hashes, in its order."""

    octets: bytes
    """UTF-8, in lower case, every digit a zero."""
    words: Hashes
    """One per word, and one per sign that is not a letter, a digit or a space."""
    stems: Hashes


def grams(text: str) -> Grams:
    """The words of a text and their stems; of a long word, the order of its first 64 bytes counts."""
    octets = text.lower().encode("utf-8", "replace").translate(_DIGITS)
    kinds = np.frombuffer(b"\0%b\2" % octets.translate(_KINDS), np.uint8)
    # A sign always begins something, a letter where none is before it; the end is where the last ends.
    bounds = (kinds[1:] > (kinds[:-1] & _WORD)).nonzero()[0]
    starts, ends = bounds[:-1], bounds[1:]
    letters = np.frombuffer(octets.translate(_LETTERS), np.uint8)
    powers, back = _powers(len(octets).bit_length())
    sums = _sums(letters * powers[: len(letters)])
    before, back = sums[starts], back[starts]
    middles = np.minimum(starts + _LONGEST, ends)
    words = (sums[middles] - before) * back
    if len(octets) > _LONGEST and (middles < ends).any():
        counts = _sums(letters)
        words += (counts[ends] - counts[middles]) * _BEYOND
    return Grams(octets, words, (sums[np.minimum(starts + STEM, ends)] - before) * back)


def buckets(text: Grams) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """The buckets that a text falls into, each once, with the logarithm of how often."""
    words, pairs = text.words, text.words[:-1] * _PAIR + text.words[1:]
    hashes = (
        words,
        pairs ^ _PAIRS,
        text.stems ^ _STEMS,
        words[:OPENING] ^ _OPENINGS,
        pairs[: OPENING - 1] ^ _OPENING_PAIRS,
    )
    found = _bucket(np.concatenate(hashes))
    found.sort(kind="stable")
    changes = np.ones(len(found) + 1, bool)
    np.not_equal(found[1:], found[:-1], out=changes[1:-1])
    cuts = changes.nonzero()[0]
    return found[cuts[:-1]].astype(np.int64), _LOGS.take(cuts[1:] - cuts[:-1], mode="clip")


def stems(text: Grams) -> frozenset[int]:
    """The buckets of a text's stems alone."""
    return frozenset(_bucket(text.stems ^ _STEMS).tolist())


def _sums(values: NDArray[Any]) -> Hashes:
    """Of all that is before each value, and of all."""
    sums = np.zeros(len(values) + 1, np.uint64)
    np.add.accumulate(values, out=sums[1:])
    return sums


def _bucket(hashes: Hashes) -> NDArray[np.uint16]:
    mixed = hashes * _MULTIPLY[0]
    mixed ^= mixed >> _HALF
    mixed *= _MULTIPLY[1]
    return (mixed >> _REST).astype(np.uint16)
