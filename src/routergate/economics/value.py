"""Quality for money."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from routergate.domain.money import Nanos


@dataclass(frozen=True, slots=True, kw_only=True)
class Overspend:
    """What a traffic cost, between the dearest and the cheapest that would have done."""

    baseline: Nanos
    """With everything on the baseline."""
    actual: Nanos
    optimal: Nanos
    """With the cheapest adequate model for each request."""

    @property
    def saved(self) -> Decimal | None:
        """How many times the actual cost the baseline would have been; `None` if nothing was spent."""
        return _ratio(self.baseline, self.actual)

    @property
    def left(self) -> Decimal | None:
        """How many times the least possible the actual cost is; `None` if that is nothing."""
        return _ratio(self.actual, self.optimal)


VERDICTS: tuple[tuple[Decimal, str], ...] = (
    (Decimal("0.2"), "never"),
    (Decimal(1), "marginal"),
    (Decimal(3), "hard cases only"),
    (Decimal(8), "buy"),
    (Decimal(20), "strong buy"),
)
"""Below which multiplier what is said; from the last one on, `ESSENTIAL`."""
ESSENTIAL = "essential"


def reasoning_multiplier(before: Decimal, after: Decimal, cost_multiple: Decimal) -> Decimal | None:
    """Per cent of quality gained for each time that the cost is paid; `None` against none of either."""
    if before <= 0 or cost_multiple <= 0:
        return None
    return 100 * (after - before) / before / cost_multiple


def verdict(multiplier: Decimal, verdicts: Sequence[tuple[Decimal, str]] = VERDICTS) -> str:
    """What a reasoning multiplier advises."""
    return next((word for limit, word in verdicts if multiplier < limit), ESSENTIAL)


def quality_per_dollar(points: Decimal, per_million: Decimal) -> Decimal | None:
    """Quality points for each dollar that a million tokens cost; `None` where they cost nothing."""
    return points / per_million if per_million else None


def _ratio(one: Nanos, other: Nanos) -> Decimal | None:
    return Decimal(one) / Decimal(other) if other else None
