"""Which texts say nearly the same: MinHash (Broder, 1997) with bands, checked on the texts themselves."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
import numpy.typing as npt

BANDS: Final = 32
ROWS: Final = 4
"""In a band: 32 bands of 4 find texts that share half 87 times in 100, and four fifths always."""
WORDS: Final = 3
"""In a shingle."""
_PRIME: Final = (1 << 61) - 1
_rng: Final = np.random.default_rng(1)
_FACTORS: Final = _rng.integers(1, 1 << 29, BANDS * ROWS, dtype=np.uint64)
_OFFSETS: Final = _rng.integers(0, 1 << 31, BANDS * ROWS, dtype=np.uint64)


class Groups:
    """Things that belong together, put together pair by pair."""

    def __init__(self, count: int) -> None:
        self._up = list(range(count))

    def of(self, one: int) -> int:
        """The smallest number of its group."""
        while self._up[one] != one:
            self._up[one] = one = self._up[self._up[one]]
        return one

    def join(self, one: int, other: int) -> None:
        """Both groups are one from now on."""
        low, high = sorted((self.of(one), self.of(other)))
        self._up[high] = low

    def join_alike(self, keys: Iterable[Hashable | None]) -> None:
        """Those of one key are together; `None` is no key."""
        first: dict[Hashable, int] = {}
        for number, key in enumerate(keys):
            if key is not None:
                self.join(first.setdefault(key, number), number)


def alike(texts: Sequence[str], share: float) -> Groups:
    """Texts with this share of their shingles in common are in one group, with all that are like them."""
    shingled = [_shingles(text) for text in texts]
    groups, buckets = Groups(len(texts)), defaultdict[tuple[int, bytes], list[int]](list)
    for number, shingles in enumerate(shingled):
        signature = _signature(shingles)
        for band in range(BANDS):
            key = band, signature[band * ROWS : (band + 1) * ROWS].tobytes()
            for other in buckets[key]:
                if groups.of(other) != groups.of(number) and _common(shingles, shingled[other]) >= share:
                    groups.join(other, number)
            buckets[key].append(number)
    return groups


def _shingles(text: str) -> frozenset[int]:
    """Hashes of every three words in a row, of whatever language: where none is between spaces, of signs."""
    words = text.casefold().split()
    if len(words) < WORDS:
        words = list(text.casefold())
    rows = (" ".join(words[at : at + WORDS]) for at in range(max(len(words) - WORDS + 1, 1)))
    return frozenset(
        int.from_bytes(blake2b(row.encode("utf-8", "surrogatepass"), digest_size=4).digest(), "big")
        for row in rows
    )


def _signature(shingles: frozenset[int]) -> npt.NDArray[np.uint64]:
    hashed = np.fromiter(shingles, np.uint64, len(shingles))
    rows: npt.NDArray[np.uint64] = (hashed[:, None] * _FACTORS + _OFFSETS) % np.uint64(_PRIME)
    least: npt.NDArray[np.uint64] = rows.min(axis=0)
    return least


def _common(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)
