"""The order in which candidates are tried."""

from collections.abc import Iterable
from functools import partial

from routergate.domain.asset import loaded_cost
from routergate.domain.decision import Candidate
from routergate.domain.money import Nanos


def rank(candidates: Iterable[Candidate], *, loaded: bool = False) -> tuple[Candidate, ...]:
    """The cheapest adequate one, then the others by quality; `loaded`: fixed costs count too.

    A model without a known cost comes after every other one, unless it alone is adequate: unknown is
    not cheap.
    """
    cost = partial(weighed, loaded=loaded)
    by_quality = sorted(candidates, key=lambda c: (cost(c) is None, -c.quality.mean, cost(c) or 0))
    adequate = [candidate for candidate in by_quality if candidate.adequate]
    if not adequate:
        return tuple(by_quality)
    first = min(adequate, key=lambda c: (cost(c) is None, cost(c) or 0, c.pressure))
    return (first, *(candidate for candidate in by_quality if candidate is not first))


def weighed(candidate: Candidate, *, loaded: bool) -> Nanos | None:
    """What counts when costs are compared: what is expected to be paid, and what its queue costs."""
    cost = paid(candidate, loaded=loaded)
    return cost if cost is None or candidate.shadow is None else Nanos(cost + candidate.shadow.price)


def paid(candidate: Candidate, *, loaded: bool) -> Nanos | None:
    """What is expected to be paid; `loaded`: with its share of fixed costs."""
    cost = candidate.expected_cost
    return loaded_cost(cost, candidate.share) if loaded else cost
