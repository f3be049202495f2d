"""What a judge says, less its errors."""

import math
from dataclasses import dataclass
from typing import Final

from routergate.domain.quality import Comparison, Source, Verdict
from routergate.quality.sequence import Scored

_STEPS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A probability that is known within bounds."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError(f"a rate has a lower and an upper bound from 0 to 1: {self.low}, {self.high}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """How often a judge is right, by people's labels of the same answers."""

    sensitivity: Rate
    """Of the answers that are good, those that it calls so."""
    specificity: Rate
    """Of those that are not, those that it calls so."""

    def __post_init__(self) -> None:
        if self.sensitivity.low + self.specificity.low <= 1:
            raise ValueError(
                "a judge that may be no better than chance says nothing: label more answers by hand, "
                "or choose another model as the judge"
            )


CERTAIN: Final = Judge(sensitivity=Rate(low=1, high=1), specificity=Rate(low=1, high=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """People's labels beside a judge's: how many answers were which."""

    good: int
    good_called_good: int
    bad: int
    bad_called_bad: int

    def judge(self, alpha: float) -> Judge:
        """Both rates are within their bounds with probability 1 - `alpha` at least (Clopper-Pearson).

        Raises `ValueError` if the judge may be no better than chance.
        """
        return Judge(
            sensitivity=rate(self.good_called_good, self.good, alpha / 2),
            specificity=rate(self.bad_called_bad, self.bad, alpha / 2),
        )


def rate(hits: int, count: int, alpha: float) -> Rate:
    """The exact interval of a share (Clopper and Pearson, 1934)."""
    if not 0 <= hits <= count:
        raise ValueError(f"there cannot be {hits} hits in {count} trials")
    return Rate(low=_lowest(hits, count, alpha / 2), high=1 - _lowest(count - hits, count, alpha / 2))


def settled(first: Verdict, swapped: Verdict) -> Verdict:
    """What a judge says who was asked twice, with the answers in either order; both of the same answer.

    Whoever changes its mind with the order saw no difference but the order.
    """
    return first if first is swapped else Verdict.SAME


def scored(comparison: Comparison, judge: Judge | None) -> Scored:
    """The comparison with its judge's errors taken out of it, on average (Rogan and Gladen, 1978).

    Their estimate (p + specificity - 1) / (sensitivity + specificity - 1) as a numerator and a denominator:
    both stay within -1 to 1. A judge that graded both answers erred on both. Raises `ValueError` where a
    judge's errors are not known.
    """
    if comparison.source is not Source.JUDGE:
        judge = CERTAIN
    if judge is None:
        raise ValueError(f"{comparison.subject}: nobody has said how often its judge errs")
    worst = (judge.sensitivity.high, judge.specificity.low)
    best = (judge.sensitivity.low, judge.specificity.high)
    said, reference = comparison.outcome, comparison.reference
    return Scored(
        low=_corrected(said, reference, *worst),
        high=_corrected(said, reference, *best),
        top=_corrected(1.0, None if reference is None else 0.0, *best),
        weight=comparison.force,
    )


def _corrected(
    outcome: float, reference: float | None, sensitivity: float, specificity: float
) -> tuple[float, float]:
    wrong = 1 - specificity
    return outcome - wrong, (sensitivity if reference is None else reference) - wrong


def _at_least(hits: int, count: int, chance: float) -> float:
    """The probability of so many hits or more, where none is certain."""
    odds, none = math.log(chance) - math.log1p(-chance), count * math.log1p(-chance)
    ways = (
        math.lgamma(count + 1) - math.lgamma(n + 1) - math.lgamma(count - n + 1) + n * odds
        for n in range(hits, count + 1)
    )
    return math.fsum(math.exp(way + none) for way in ways)


def _lowest(hits: int, count: int, alpha: float) -> float:
    """The chance at which so many hits or more would be as rare as alpha."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS if hits else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_least(hits, count, middle) < alpha else (low, middle)
    return low
