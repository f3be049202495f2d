"""How good a router is, as numbers. Everything here is arithmetic on arrays; chance comes from a seed."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
Rows: TypeAlias = npt.NDArray[np.intp]

DECILES: Final = np.arange(11)
DRAWS: Final = 500
"""Resamples behind an interval."""


@dataclass(frozen=True, slots=True)
class Curve:
    """What a score that chooses between two models yields, from the fewest strong calls to the most."""

    share: Array
    """Of the calls, how many go to the strong model."""
    quality: Array
    weak: float
    strong: float

    def recovered(self) -> Array:
        """PGR: the part of the gap between the two models that is closed."""
        return (self.quality - self.weak) / (self.strong - self.weak)


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure with its interval; `None` where the data cannot say."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """Estimates of about the same size, and what became of them."""

    estimate: float
    outcome: float
    count: int


def curve(score: Array, weak: Array, strong: Array) -> Curve | None:
    """The curve of "strong where the score is at least t", t at the score's deciles.

    `None` where the strong model is not the better one: then there is no gap to close.
    """
    if not len(score) or strong.mean() <= weak.mean():
        return None
    order = np.argsort(score)
    rising = score[order]
    edges = rising[-(-DECILES * (len(score) - 1) // 10)]
    below = np.searchsorted(rising, np.unique(edges[:-1])[::-1], side="left")
    calls = np.array([0, *(len(score) - below)])  # above the last decile nobody is strong
    gained = np.concatenate([[0.0], np.cumsum((strong - weak)[order[::-1]])])
    return Curve(
        share=calls / len(score),
        quality=weak.mean() + gained[calls] / len(score),
        weak=float(weak.mean()),
        strong=float(strong.mean()),
    )


def apgr(found: Curve | None) -> float | None:
    """The area between the curve and the weak model's line, as a share of the gap; chance is 0.5."""
    if found is None:
        return None
    return float(np.trapezoid(found.recovered(), found.share) / (found.share[-1] - found.share[0]))


def cpt(found: Curve | None, recovered: float) -> float | None:
    """The least share of strong calls, in percent, at which so much of the gap is closed."""
    if found is None:
        return None
    gap = found.recovered()
    after = int(np.argmax(gap >= recovered - 1e-12))  # the last point, all strong, closes the whole gap
    if after == 0:
        return float(100 * found.share[0])
    step = (recovered - gap[after - 1]) / (gap[after] - gap[after - 1])
    return float(100 * (found.share[after - 1] + step * (found.share[after] - found.share[after - 1])))


def reliability(estimates: Array, outcomes: Array, bins: int = 10) -> tuple[Bin, ...]:
    """Estimates beside outcomes, in bins of equal width; empty ones are left out."""
    place = np.minimum((estimates * bins).astype(int), bins - 1)
    return tuple(
        Bin(float(estimates[mask].mean()), float(outcomes[mask].mean()), int(mask.sum()))
        for mask in (place == n for n in range(bins))
        if mask.any()
    )


def calibration_error(estimates: Array, outcomes: Array, bins: int = 10) -> float | None:
    """How far estimates are from outcomes on average, bin by bin."""
    found = reliability(estimates, outcomes, bins)
    if not found:
        return None
    return sum(each.count * abs(each.estimate - each.outcome) for each in found) / len(estimates)


def splits(groups: Rows, count: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
    """Training and test rows, `count` times; no group is in both, and each row is in one test."""
    distinct, place = np.unique(groups, return_inverse=True)
    fold = np.random.default_rng(seed).permutation(len(distinct)) % count
    for n in range(count):
        yield np.flatnonzero(fold[place] != n), np.flatnonzero(fold[place] == n)


def interval(
    figure: Callable[[Rows], float | None], groups: Rows, *, seed: int, draws: int = DRAWS
) -> Measured:
    """A figure of some rows, with a 95 % percentile bootstrap interval over whole groups of them."""
    [found] = intervals(lambda rows: (figure(rows),), groups, seed=seed, draws=draws)
    return found


def intervals(
    figures: Callable[[Rows], Sequence[float | None]], groups: Rows, *, seed: int, draws: int = DRAWS
) -> tuple[Measured, ...]:
    """Several figures at once, from the same draws."""
    drawn = [figures(rows) for rows in _resamples(groups, np.random.default_rng(seed), draws)]
    whole = figures(np.arange(len(groups)))
    return tuple(_measured(value, seen) for value, *seen in zip(whole, *drawn, strict=True))


def _measured(value: float | None, drawn: Sequence[float | None]) -> Measured:
    """No interval where most draws do not have the figure."""
    known = [each for each in drawn if each is not None]
    if value is None or 2 * len(known) < len(drawn):
        return Measured(value, None, None)
    low, high = np.quantile(known, [0.025, 0.975])
    return Measured(value, float(low), float(high))


def _resamples(groups: Rows, rng: np.random.Generator, draws: int) -> Iterator[Rows]:
    """As many groups as there are, drawn with replacement, with all their rows."""
    order = np.argsort(groups, kind="stable")
    _, starts, sizes = np.unique(groups[order], return_index=True, return_counts=True)
    for _ in range(draws):
        drawn = rng.integers(len(starts), size=len(starts))
        ends = np.cumsum(sizes[drawn])
        first = np.repeat(starts[drawn] - ends + sizes[drawn], sizes[drawn])
        yield order[first + np.arange(ends[-1])]
