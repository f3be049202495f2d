"""Days in a row: what they usually come to, which of them are odd, and where a month will end.

A day is its level times its weekday's factor, and chance. Factors are the mean of a weekday over the mean of
all, drawn towards 1 where there are few weeks. What is left is noise that may last from one day to the next;
its spread and that persistence (lag one) give the interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from statistics import NormalDist, fmean, median

LEAST_DAYS = 14
"""Of history, below which nothing is forecast."""
LOOKED = 56
"""Days that are looked back on at most."""
PRIOR = 1.0
"""Weeks of an even week that are believed beforehand."""
TO_SIGMA = 0.6745
"""The median deviation of a normal distribution, in standard deviations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What days to come will add up to."""

    expected: float
    low: float
    high: float


def weekly(values: Sequence[float], first: int) -> tuple[float, ...]:
    """The factor of each weekday; `first` is the weekday (0 to 6) of the first value."""
    overall = fmean(values) if values else 0.0
    if overall <= 0:
        return (1.0,) * 7
    days = [[value / overall for value in values[(n - first) % 7 :: 7]] for n in range(7)]
    drawn = [(sum(found) + PRIOR) / (len(found) + PRIOR) for found in days]
    return tuple(factor * 7 / sum(drawn) for factor in drawn)


def outlook(
    values: Sequence[float], first: int, scales: Sequence[float], confidence: float = 0.9
) -> Outlook | None:
    """The sum of the days that follow, each times its scale; `None`: too little is known.

    A scale is 1 where prices stay. The interval is the normal one, with Student's widening for few days.
    """
    if len(values) < LEAST_DAYS:
        return None
    first += max(0, len(values) - LOOKED)
    values = values[-LOOKED:]
    factors = weekly(values, first % 7)
    levels = [value / max(factors[(first + n) % 7], 1e-9) for n, value in enumerate(values)]
    ahead = [factors[(first + len(values) + n) % 7] * scale for n, scale in enumerate(scales)]
    level = fmean(levels)
    spread = sqrt(_variance(levels, level, ahead)) * _quantile(confidence, len(values) - 7)
    expected = level * sum(ahead)
    return Outlook(expected=expected, low=max(0.0, expected - spread), high=expected + spread)


def _variance(levels: Sequence[float], level: float, ahead: Sequence[float]) -> float:
    """Of the sum: chance in the days to come, and how badly the level is known."""
    rest = [one - level for one in levels]
    noise = sum(one * one for one in rest) / max(1, len(rest) - 7)
    lasting = _persistence(rest)
    days = range(len(ahead))
    future = sum(ahead[i] * ahead[j] * lasting ** abs(i - j) for i in days for j in days)
    known = (1 + lasting) / (1 - lasting) / len(levels)
    return noise * (future + sum(ahead) ** 2 * known)


def _persistence(rest: Sequence[float]) -> float:
    """The correlation of a day with the next, no less than none."""
    whole = sum(one * one for one in rest)
    if not whole:
        return 0.0
    return min(0.9, max(0.0, sum(a * b for a, b in pairwise(rest)) / whole))


def _quantile(confidence: float, freedom: int) -> float:
    """Of Student's distribution, by the first two terms of its expansion around the normal one."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def oddness(values: Sequence[float], first: int) -> tuple[float, ...]:
    """How far each day is from the usual, in robust standard deviations (median and median deviation)."""
    factors = _typical(values, first)
    levels = [value / factors[(first + n) % 7] for n, value in enumerate(values)]
    middle = median(levels) if levels else 0.0
    # A day that is off by less than a hundredth is not odd, however even the others are.
    deviation = max(median([abs(one - middle) for one in levels] or [0.0]), abs(middle) * 0.01) or 1.0
    return tuple(TO_SIGMA * (one - middle) / deviation for one in levels)


def _typical(values: Sequence[float], first: int) -> tuple[float, ...]:
    """Weekday factors by medians, which one odd day does not move; even where there are no three weeks."""
    overall = median(values) if values else 0.0
    if len(values) < 21 or overall <= 0:
        return (1.0,) * 7
    found = (median(values[(n - first) % 7 :: 7]) / overall for n in range(7))
    return tuple(max(factor, 0.05) for factor in found)
