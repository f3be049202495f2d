"""What a text counts and computes: its numbers, its sentences, and the words that join quantities."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

import numpy as np
from numpy.typing import NDArray

from routergate.classify.grams import Grams, grams

CUES: Final[Mapping[str, str]] = {
    "parts": "half third thirds quarter quarters fifth fraction percent % ratio average",
    "multiples": "twice double triple times thrice each every per",
    "differences": "more less fewer than difference remaining left rest after",
    "sums": "total altogether sum combined both and",
    "conditions": "if when then but until unless only instead",
    "money": "$ dollars cost costs price pays paid sells buys earns",
    "time": "hour hours minute minutes day days week weeks month months year years old",
    "amount asked": "many much",
    "choice asked": "which following not except true false correct best statement statements",
    "reason asked": "why how explain prove show derive",
    "people": "he she his her they their him",
    "task asked": "write implement design compare list find calculate evaluate",
}
"""Words that say alike what is to be done with quantities, or what is asked."""

NAMES: Final = (
    "numbers",
    "longest number",
    "digits per number",
    "decimals",
    "sentences",
    "words per sentence",
    "last sentence",
    "capitals",
    *(f"words of {kind}" for kind in CUES),
)
"""One per element of what `quantities` returns."""

_ENDS: Final = bytes.maketrans(b"?!\n\t\r", b"..   ")
_ONLY_DIGITS: Final = bytes(octet if octet == ord("0") else ord(" ") for octet in range(256))
_CAPITALS: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _index() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all cues in their order, and the kind of each."""
    found = {
        hashed: kind for kind, words in enumerate(CUES.values()) for hashed in grams(words).words.tolist()
    }
    return np.array(sorted(found), np.uint64), np.array([found[hashed] for hashed in sorted(found)])


_HASHES, _KINDS = _index()


def quantities(text: str, found: Grams) -> NDArray[np.float32]:
    """Numbers, sentences and cues of a text, on scales on which they compare."""
    counts = (*_numbers(found.octets), *_sentences(found), _capitals(text), *_cues(found))
    return np.log1p(counts, dtype=np.float32)


def _numbers(octets: bytes) -> tuple[float, float, float, float]:
    """How many, the longest, their mean length, and how many have a decimal point."""
    lengths = [*map(len, octets.translate(_ONLY_DIGITS).split())] if b"0" in octets else []
    if not lengths:
        return 0, 0, 0, 0
    # A digit ends one number and begins the next, as in a version, once it is there twice.
    decimals = octets.replace(b"0", b"00").count(b"0.0")
    return len(lengths), max(lengths), sum(lengths) / len(lengths), decimals


def _sentences(found: Grams) -> tuple[float, float, float]:
    """How many, how many words each has, and how long the last one is."""
    octets = found.octets.translate(_ENDS)
    count = octets.count(b". ") + 1
    return count, len(found.words) / count, len(octets) - max(octets.rfind(b". "), 0)


def _capitals(text: str) -> int:
    octets = text.encode("utf-8", "replace")
    return len(octets) - len(octets.translate(None, _CAPITALS))


def _cues(found: Grams) -> Sequence[int]:
    """How many words of each kind there are."""
    places = _HASHES.searchsorted(found.words)
    places[places == len(_HASHES)] = 0
    kinds = np.bincount(_KINDS[places[_HASHES[places] == found.words]], minlength=len(CUES))
    return cast(list[int], kinds.tolist())
