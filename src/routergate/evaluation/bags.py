"""Many texts as one sparse matrix, in plain numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Floats
from routergate.classify.grams import BUCKETS, buckets, grams
from routergate.classify.shape import shape

_STRIDE = 1 << 16
"""Entries that are multiplied at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Sparse:
    """A matrix by rows: every row has an entry."""

    starts: NDArray[np.int64]
    """Where each row begins; the last number is where all end."""
    columns: NDArray[np.int64]
    values: Floats

    def times(self, dense: Floats) -> Floats:
        """The product with a dense matrix, in pieces that fit into a cache."""
        rows = np.zeros((len(self.starts) - 1, dense.shape[1]), np.float32)
        cuts = np.searchsorted(self.starts, np.arange(0, len(self.columns) + _STRIDE, _STRIDE))
        for first, last in pairwise(cuts):
            if last := min(last, len(rows)):
                low, high = self.starts[first], self.starts[last]
                if low < high:
                    taken = dense[self.columns[low:high]] * self.values[low:high, None]
                    rows[first:last] = np.add.reduceat(taken, self.starts[first:last] - low)
        return rows

    def rows(self, chosen: NDArray[np.int64]) -> "Sparse":
        """Some of the rows, in the order asked for."""
        lengths = np.diff(self.starts)[chosen]
        starts = np.concatenate(([0], np.cumsum(lengths)))
        entries = np.arange(starts[-1]) + np.repeat(self.starts[:-1][chosen] - starts[:-1], lengths)
        return Sparse(starts, self.columns[entries], self.values[entries])

    def transposed(self) -> tuple["Sparse", NDArray[np.int64]]:
        """The columns that have entries as rows, and which columns they are."""
        order = np.argsort(self.columns, kind="stable")
        names, counts = np.unique(self.columns, return_counts=True)
        rows = np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))
        return Sparse(np.concatenate(([0], np.cumsum(counts))), rows[order], self.values[order]), names


@dataclass(frozen=True, slots=True, eq=False)
class Texts:
    """Texts as bags of buckets, and their shapes."""

    bags: Sparse
    shapes: Floats

    def rows(self, chosen: NDArray[np.int64]) -> "Texts":
        """Some of the texts."""
        return Texts(self.bags.rows(chosen), self.shapes[chosen])


def read(texts: Sequence[str]) -> Texts:
    """Texts as training sees them; those without a word have one bucket that weighs nothing."""
    found = [grams(text) for text in texts]
    pairs = [buckets(one) for one in found]
    pairs = [pair if len(pair[0]) else (np.zeros(1, np.int64), np.zeros(1, np.float32)) for pair in pairs]
    starts = np.concatenate(([0], np.cumsum([len(numbers) for numbers, _ in pairs])))
    bags = Sparse(
        starts,
        np.concatenate([numbers for numbers, _ in pairs]),
        np.concatenate([counts for _, counts in pairs]),
    )
    shapes = np.stack([shape(text, one) for text, one in zip(texts, found, strict=True)])
    return Texts(bags, shapes)


def rarity(bags: Sparse) -> Floats:
    """The weight of every bucket: the rarer, the more it says."""
    texts = len(bags.starts) - 1
    seen = np.bincount(bags.columns, minlength=BUCKETS)
    return (np.log((1 + texts) / (1 + seen)) + 1).astype(np.float32)


def weighed(bags: Sparse, weights: Floats) -> Sparse:
    """Every bag with its buckets weighed, at length one."""
    values = bags.values * weights[bags.columns]
    lengths = np.sqrt(np.add.reduceat(values * values, bags.starts[:-1]))
    lengths[lengths == 0] = 1
    return Sparse(bags.starts, bags.columns, values / np.repeat(lengths, np.diff(bags.starts)))
