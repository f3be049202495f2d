"""An interval for quality that stays valid however often one looks at it, and whenever one stops.

For a supposed quality θ the wealth of a bet is kept in logarithms: after outcomes xᵢ beside references rᵢ
with weights wᵢ ≤ 1 it is at least Σ λᵢYᵢ − Σ ψ(λᵢ)Yᵢ², Yᵢ = wᵢ(xᵢ − θrᵢ), ψ(λ) = −log(1 − λ) − λ. Each factor
is expected to be at most 1 if θ is the truth (Fan, Grama and Liu, 2015, lemma 4.1, as in the empirical-
Bernstein confidence sequences of Howard et al., 2021, and Waudby-Smith and Ramdas, 2024, theorem 2; there Y²
is centred at the running mean, here at θ itself, which lets weights and references in). By Ville's inequality
the wealth ever passes 2/α on a given side with probability α/2 at most; what is not ruled out is the
interval.

The sum is a quadratic in θ, so that five sums a side are all there is to keep. With weights that are inverse
probabilities of inclusion, E[Y] is that of all requests, not of the compared ones.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from routergate.domain.quality import Interval

TUNED: Final = 0.05
"""Intervals are narrowest at this error; they hold at any other."""
CAP: Final = 0.5
"""Of a stake: up to it a bet that rules out a quality rules out all that are worse."""
STEPS: Final = 40


@dataclass(frozen=True, slots=True)
class Side:
    """The sums of the bets that quality is more, or is less, than supposed."""

    x: float = 0.0
    r: float = 0.0
    xx: float = 0.0
    xr: float = 0.0
    rr: float = 0.0

    def after(self, outcome: float, reference: float, stake: float) -> "Side":
        """With one more outcome, both numbers times their weight."""
        price = -math.log1p(-stake) - stake
        return Side(
            self.x + stake * outcome,
            self.r + stake * reference,
            self.xx + price * outcome * outcome,
            self.xr + price * outcome * reference,
            self.rr + price * reference * reference,
        )

    def wealth(self, quality: float, sign: int) -> float:
        """In logarithms, where this quality is supposed."""
        price = self.xx - 2 * quality * self.xr + quality * quality * self.rr
        return sign * (self.x - quality * self.r) - price


@dataclass(frozen=True, slots=True)
class Scored:
    """One outcome and its reference; at their worst and best, where how often a judge errs is not known."""

    low: tuple[float, float]
    high: tuple[float, float]
    top: tuple[float, float]
    """The best that could have come out, where the judge is at its best."""
    weight: float = 1.0

    @property
    def middle(self) -> tuple[float, float]:
        """Between the two."""
        return (self.low[0] + self.high[0]) / 2, (self.low[1] + self.high[1]) / 2


def exact(pair: tuple[float, float]) -> Scored:
    """An outcome and its reference that nobody can have got wrong."""
    return Scored(pair, pair, pair)


@dataclass(frozen=True, slots=True)
class Sequence:
    """What is known of a quality: mean outcome over mean reference."""

    low: Side = field(default_factory=Side)
    high: Side = field(default_factory=Side)
    outcomes: float = 0.0
    references: float = 0.0
    spread: float = 0.0
    count: int = 0

    def after(self, scored: Scored) -> "Sequence":
        """With one more outcome."""
        weight, stake = scored.weight, self._stake()
        outcome, reference = scored.middle
        off = weight * (outcome - (self.estimate or 0.0) * reference)
        return Sequence(
            self.low.after(weight * scored.low[0], weight * scored.low[1], stake),
            self.high.after(weight * scored.high[0], weight * scored.high[1], stake),
            self.outcomes + weight * outcome,
            self.references + weight * reference,
            self.spread + off * off,
            self.count + 1,
        )

    @property
    def estimate(self) -> float | None:
        """Mean outcome over mean reference; `None` where nothing was ever good."""
        return self.outcomes / self.references if self.references > 0 else None

    def interval(self, alpha: float, bounds: tuple[float, float] = (0.0, 1.0)) -> Interval:
        """The truth leaves it, at any time at all, with probability `alpha` at most."""
        needed = math.log(2 / alpha)
        low = _edge(self.low, 1, bounds, needed)
        high = _edge(self.high, -1, (bounds[1], bounds[0]), needed)
        return Interval(estimate=self.estimate, low=min(low, high), high=max(low, high), count=self.count)

    def _stake(self) -> float:
        """Told by what came before only: a bet must not see its own outcome."""
        spread = (0.25 + self.spread) / (self.count + 1)
        return min(CAP, math.sqrt(_TARGET / (spread * (self.count + 1) * math.log(self.count + 2))))


_TARGET: Final = 2 * math.log(2 / TUNED)


def _edge(side: Side, sign: int, bounds: tuple[float, float], needed: float) -> float:
    """How far from the first bound everything is ruled out; the wealth has one such end, as it is concave."""
    out, within = bounds
    if side.wealth(out, sign) < needed:
        return out
    if side.wealth(within, sign) >= needed:
        return within
    for _ in range(STEPS):
        middle = (out + within) / 2
        out, within = (middle, within) if side.wealth(middle, sign) >= needed else (out, middle)
    return out
