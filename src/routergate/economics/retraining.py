"""How often to train a model anew: its quality ages, and each training costs."""

from dataclasses import dataclass
from decimal import Decimal

LONGEST = 36
"""Months between two trainings that are thought of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageing:
    """A model that loses traffic as it ages. Dollars, requests per month."""

    training: Decimal
    """One retraining."""
    requests: Decimal
    """That the model could have."""
    kept: Decimal
    """The share of them that it keeps when it is fresh."""
    decay: Decimal
    """By which that share falls each month."""
    dearer: Decimal
    """What a request costs more that goes elsewhere."""


def lost(it: Ageing, months: int) -> Decimal:
    """The share of the traffic that goes elsewhere, on average from one training to the next."""
    if it.decay * months <= it.kept:
        return it.decay * months / 2
    return it.kept - it.kept**2 / (2 * it.decay * months)


def monthly_cost(it: Ageing, months: int) -> Decimal:
    """Of trainings every so many months, and of what is lost between them."""
    return it.training / months + lost(it, months) * it.requests * it.dearer


def best_cadence(it: Ageing) -> int:
    """The months between trainings that cost least; the longest one thought of, if ageing costs nothing."""
    return min(range(1, LONGEST + 1), key=lambda months: (monthly_cost(it, months), -months))
