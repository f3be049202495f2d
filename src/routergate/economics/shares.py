"""One amount among several, to the last nano-dollar."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from routergate.domain.money import Nanos


def divided(amount: int, weights: Sequence[int | Fraction]) -> tuple[Nanos, ...]:
    """Parts in proportion to the weights, which add up to the amount; equal ones where all weigh nothing."""
    if not weights:
        return ()
    if min(weights) < 0:
        raise ValueError(f"nothing weighs less than nothing: {min(weights)}")
    whole = sum(weights)
    even = [Fraction(1)] * len(weights)
    return _cut(amount, even if whole == 0 else [Fraction(weight) for weight in weights])


def _cut(amount: int, weights: Sequence[Fraction]) -> tuple[Nanos, ...]:
    """Each part ends where its weights end, rounded, so that no rounding adds up."""
    whole, until = sum(weights), Fraction(0)
    marks = [0]
    for weight in weights:
        until += weight
        marks.append(round(amount * until / whole))
    return tuple(Nanos(last - first) for first, last in pairwise(marks))
