"""Tests of "quality keeps at least this share of the reference", valid for any labels from 0 to 1.

A bet against the opposite: were the share not kept, nobody could expect to win money by betting on one
outcome after another, so a fortune is evidence (Waudby-Smith and Ramdas, "Estimating means of bounded random
variables by betting", 2024). Without a reference, labels of 0 and 1 are plain counts: their test is exact.
"""

import math
from typing import Final

import numpy as np

from routergate.evaluation.metrics import Array

CAP: Final = 0.75
"""The largest part of the fortune that may be lost on one outcome."""
STAKES: Final = np.geomspace(0.01, 0.98, 40)


def p_value(quality: Array, reference: Array, share: float, alpha: float) -> float:
    """How surprising these outcomes would be if less than this share were kept on average.

    If less is kept, a value of alpha or below comes up in at most a share alpha of all cases. Outcomes must
    be in random order; the bets are tuned to alpha.
    """
    if (reference == 1).all() and np.isin(quality, (0, 1)).all():
        return _tail(len(quality), round(quality.sum()), share)
    gain = quality - share * reference
    count = np.arange(1, len(gain) + 1)
    variance = (0.25 + np.cumsum((gain - np.cumsum(gain) / (count + 1)) ** 2)) / (count + 1)
    before = np.concatenate([[0.25], variance[:-1]])  # a bet must not see its own outcome
    stake = np.minimum(np.sqrt(-2 * math.log(alpha) / (len(gain) * before)), CAP / share)
    fortune = np.cumsum(np.log1p(stake * gain)).max()
    return math.exp(-max(fortune, 0))


def kept(quality: Array, reference: Array, alpha: float, known: float = 0.0) -> float:
    """The largest share (to a thousandth) that is kept with confidence 1 - alpha; `known` is one that is."""
    low, high = known, 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        certain = p_value(quality, reference, middle, alpha) <= alpha
        low, high = (middle, high) if certain else (low, middle)
    return low


def labels_needed(share: float, alpha: float) -> int:
    """The fewest outcomes, all of them perfect, that could show that a share is kept."""
    return math.ceil(math.log(alpha) / math.log(share))


def labels_expected(quality: Array, reference: Array, share: float, alpha: float) -> int | None:
    """How many outcomes like these it takes, roughly; `None` if more of them would never do."""
    gain = quality - share * reference
    growth = max(float(np.log1p(stake / share * gain).mean()) for stake in STAKES)
    return math.ceil(-math.log(alpha) / growth) if growth > 0 else None


def _tail(count: int, hits: int, chance: float) -> float:
    """The probability of so many hits or more in `count` trials."""
    more = range(hits, count + 1)
    ways = (math.lgamma(count + 1) - math.lgamma(n + 1) - math.lgamma(count - n + 1) for n in more)
    logs = (
        way + n * math.log(chance) + (count - n) * math.log1p(-chance)
        for way, n in zip(ways, more, strict=True)
    )
    return min(math.fsum(map(math.exp, logs)), 1.0)
