"""What another policy would have achieved, from what happened under the one that acted.

Three estimates of a policy's mean outcome from rows with propensities (Horvitz and Thompson, 1952; Dudík,
Langford and Li, 2011). Their intervals are those of `sequence`: they need no large numbers and may be looked
at after every row. For that, weights have a bound that is known beforehand.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from routergate.domain.quality import Interval
from routergate.quality.sequence import Scored, Sequence, exact


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One request as it was decided and turned out."""

    outcome: float
    """0 to 1, of the model that answered."""
    propensity: float
    """How probable it was that this model would be chosen."""
    target: float
    """How probable that is under the other policy: 1 or 0 where it leaves nothing to chance."""
    predicted: float = 0.0
    """The outcome that was to be expected of the model that answered."""
    expected: float = 0.0
    """The same for the other policy: over all models, by its probabilities."""

    def __post_init__(self) -> None:
        shares = (self.outcome, self.target, self.predicted, self.expected)
        if not (0 < self.propensity <= 1 and all(0 <= one <= 1 for one in shares)):
            raise ValueError(
                f"a logged row has a propensity of more than 0, and numbers from 0 to 1: {self!r}"
            )


@dataclass(frozen=True, slots=True)
class OffPolicy:
    """Rows so far."""

    largest: float
    """The largest weight, target over propensity, that any row can have: 1 / the smallest propensity."""
    inverse: Sequence = field(default_factory=Sequence)
    normalised: Sequence = field(default_factory=Sequence)
    robust: Sequence = field(default_factory=Sequence)
    weights: float = 0.0
    squares: float = 0.0

    def __post_init__(self) -> None:
        if self.largest < 1:
            raise ValueError(f"the largest weight is 1 or more: {self.largest}")

    def after(self, row: Logged) -> "OffPolicy":
        """With one more row; raises `ValueError` if its weight is larger than any can be."""
        weight = row.target / row.propensity
        if weight > self.largest * (1 + 1e-9):
            raise ValueError(
                f"a row has weight {weight:g}, more than {self.largest:g}: propensities are smaller than said"
            )
        scale = 1 / self.largest
        corrected = row.expected + weight * (row.outcome - row.predicted)
        return replace(
            self,
            inverse=self.inverse.after(_alone(weight * row.outcome * scale, scale)),
            normalised=self.normalised.after(_alone(weight * row.outcome * scale, weight * scale)),
            robust=self.robust.after(_alone(corrected / (1 + self.largest), 1 / (1 + self.largest))),
            weights=self.weights + weight,
            squares=self.squares + weight * weight,
        )

    @property
    def effective(self) -> float:
        """As many rows of the other policy itself would say as much (Kish)."""
        return self.weights**2 / self.squares if self.squares else 0.0

    def estimates(self, alpha: float = 0.05) -> "Estimates":
        """Each holds by itself."""
        return Estimates(
            inverse=self.inverse.interval(alpha),
            normalised=self.normalised.interval(alpha),
            robust=self.robust.interval(alpha),
            effective=self.effective,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """Of one policy's mean outcome."""

    inverse: Interval
    """By inverse propensities."""
    normalised: Interval
    """The same over the sum of the weights: right whatever scale the propensities have."""
    robust: Interval
    """Doubly robust: predictions, corrected by what happened; narrow where they are good."""
    effective: float
    """Rows of the policy itself that would say as much."""


def evaluated(rows: Iterable[Logged], largest: float) -> OffPolicy:
    """All rows of a file or a query."""
    found = OffPolicy(largest)
    for row in rows:
        found = found.after(row)
    return found


def _alone(outcome: float, reference: float) -> Scored:
    return exact((outcome, reference))
