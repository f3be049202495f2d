"""Moving traffic from one model to another: in which steps, and how long each takes to show a loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from statistics import NormalDist

SHARES = (0.05, 0.25, 0.5, 1.0)
"""Of the traffic, that the new model has, step by step."""
POWER = 0.8
"""How probable it is that a loss is seen if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One step of a migration."""

    share: float
    requests: int
    """That the new model must have answered before the next step."""
    days: int


def stages(per_day: float, quality: float, drop: float, confidence: float = 0.95) -> Iterator[Stage]:
    """The steps, each as long as it takes to see that quality fell by `drop` or more.

    The last one ends nothing: it only says when the whole move would show what the steps before did not.
    """
    needed = witnesses(quality, drop, confidence)
    for share in SHARES:
        yield Stage(share=share, requests=needed, days=max(ceil(needed / (per_day * share)), 1))


def witnesses(quality: float, drop: float, confidence: float = 0.95) -> int:
    """Answers that each of two models must give, for a loss from `quality` by `drop` to be seen."""
    worse = max(quality - drop, 0.0)
    sure = NormalDist().inv_cdf(confidence) + NormalDist().inv_cdf(POWER)
    return ceil(sure**2 * (quality * (1 - quality) + worse * (1 - worse)) / drop**2)
