"""What a text counts and computes: its numbers, its sentences, and the words that join quantities."""

from collections.abc import Mapping
from typing import Final

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

_ENDS: Final = np.isin(np.arange(256), list(b".?!"))
_SPACES: Final = np.isin(np.arange(256), list(b" \n\t\r"))
_ZERO: Final = ord("0")
_POINT: Final = ord(".")


def _index() -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
    """Hashes of all cues in their order, and the kind of each."""
    found = {
        hashed: kind for kind, words in enumerate(CUES.values()) for hashed in grams(words).words.tolist()
    }
    return np.array(sorted(found), np.uint64), np.array([found[hashed] for hashed in sorted(found)])


_HASHES, _KINDS = _index()


def quantities(text: str, found: Grams) -> NDArray[np.float32]:
    """Numbers, sentences and cues of a text, on scales on which they compare."""
    counts = np.concatenate((_numbers(found.octets), _sentences(found), (_capitals(text),), _cues(found)))
    return np.log1p(counts, dtype=np.float32)


def _numbers(octets: NDArray[np.uint8]) -> tuple[float, ...]:
    """How many, the longest, their mean length, and how many have a decimal point."""
    digits = octets == _ZERO
    edges = np.flatnonzero(digits[1:] != digits[:-1]) + 1
    if len(digits) and digits[0]:
        edges = np.concatenate(([0], edges))
    if not len(edges):
        return 0.0, 0.0, 0.0, 0.0
    starts, ends = edges[::2], np.append(edges[1::2], len(digits))[: (len(edges) + 1) // 2]
    lengths = ends - starts
    inner = starts[1:][starts[1:] - ends[:-1] == 1]
    decimals = int((octets[inner - 1] == _POINT).sum())
    return float(len(starts)), float(lengths.max()), float(lengths.mean()), float(decimals)


def _sentences(found: Grams) -> tuple[float, float, float]:
    """How many, how many words each has, and how long the last one is."""
    octets = found.octets
    ends = np.flatnonzero(_ENDS[octets[:-1]] & _SPACES[octets[1:]])
    count = len(ends) + 1
    return float(count), len(found.words) / count, float(len(octets) - (ends[-1] if len(ends) else 0))


def _capitals(text: str) -> int:
    octets = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    return int(((octets >= ord("A")) & (octets <= ord("Z"))).sum())


def _cues(found: Grams) -> NDArray[np.int64]:
    """How many words of each kind there are."""
    places = np.searchsorted(_HASHES, found.words)
    places[places == len(_HASHES)] = 0
    return np.bincount(_KINDS[places[_HASHES[places] == found.words]], minlength=len(CUES))
