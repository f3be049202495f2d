"""RouteLLM's figures, and those that say what a router costs and how honest it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Area between the router's curve and the weak line, and the strong calls that 50 and 80 % take."""

    apgr: float
    cpt50: float
    cpt80: float

    def __str__(self) -> str:
        return f"{self.apgr:.3f} / {self.cpt50:.1f} / {self.cpt80:.1f}"


def figures(score: Floats, weak: Floats, strong: Floats) -> Figures:
    """Of a score that is high where the strong model is worth it: thresholds at its deciles, trapezoids."""
    thresholds = np.quantile(score, np.linspace(1, 0, 11))
    calls, gained = [0.0], [0.0]
    for threshold in thresholds[1:]:
        chosen = score >= threshold
        calls.append(float(chosen.mean()))
        gained.append(float(np.where(chosen, strong - weak, 0).mean()))
    pgr = np.array(gained) / float((strong - weak).mean())
    return Figures(float(np.trapezoid(pgr, calls)), *(share(score, weak, strong, x) for x in (0.5, 0.8)))


def share(score: Floats, weak: Floats, strong: Floats, wanted: float) -> float:
    """Per cent of strong calls at which a share of the gap is recovered."""
    order = np.argsort(-score, kind="stable")
    recovered = np.cumsum((strong - weak)[order]) / float((strong - weak).sum())
    return 100 * float(np.argmax(recovered >= wanted) + 1) / len(score)


def calibration_error(believed: Floats, observed: Floats, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width."""
    place = np.minimum((believed * bins).astype(int), bins - 1)
    found = [place == number for number in range(bins)]
    gaps = [abs(believed[one].mean() - observed[one].mean()) * one.mean() for one in found if one.any()]
    return float(sum(gaps))


def cheapest(score: Floats, quality: Floats, cost: Floats, usual: Floats) -> float | None:
    """The least cost at which a router reaches 95 % of the best single model's quality.

    Each prompt goes where `score - weight x usual cost` is largest; the weight is what is varied.
    """
    target = 0.95 * quality.mean(axis=0).max()
    rows = np.arange(len(score))
    costs = []
    for weight in np.concatenate([[0.0], np.logspace(-2, 5, 400)]):
        chosen = (score - weight * usual).argmax(axis=1)
        if quality[rows, chosen].mean() >= target:
            costs.append(float(cost[rows, chosen].sum()))
    return min(costs, default=None)
