"""Candidates → the order in which they are tried, and the rule that made it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from routergate.domain.answer import Cascade
from routergate.domain.asset import loaded_cost
from routergate.domain.decision import Arm, Assignment, Candidate, RoutePolicy
from routergate.domain.format import Format
from routergate.route.bar import Bar
from routergate.route.cascade import Rejected, escalating
from routergate.route.holdout import assignment

VECTORS = "vectors of different models do not compare: in the order of the route"
AS_WRITTEN = "the first that can serve the request, in the order of the route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who is tried after whom, and why."""

    candidates: tuple[Candidate, ...]
    rule: str
    cascade: Cascade | None = None
    assignment: Assignment | None = None


def ordered(
    candidates: Sequence[Candidate],
    policy: RoutePolicy,
    needed: Bar,
    wanted: Format,
    draw: float,
    rejected: Rejected,
) -> Order:
    """The order of a route, or what its hold-out makes of it for a request that drew `draw`."""
    if wanted is Format.EMBEDDINGS:
        return Order(candidates=tuple(candidates), rule=VECTORS)
    assigned = assignment(policy, candidates, draw)
    if assigned is not None and assigned.arm is Arm.BASELINE:
        return _held_out(candidates, policy, assigned)
    cascade = policy.cascade if wanted is Format.CHAT else None
    costed = escalating(candidates, cascade, rejected)
    if policy.as_written:
        return Order(candidates=tuple(costed), rule=AS_WRITTEN, cascade=cascade, assignment=assigned)
    ranked = rank(costed, loaded=policy.loaded)
    rule = _rule(ranked[0], needed, loaded=policy.loaded)
    return Order(candidates=ranked, rule=rule, cascade=cascade, assignment=assigned)


def rank(candidates: Iterable[Candidate], *, loaded: bool = False) -> tuple[Candidate, ...]:
    """The order in which candidates are tried; `loaded`: fixed costs count too.

    A model without a known cost comes after every other one, unless it alone is adequate: unknown is
    not cheap.
    """
    cost = _loaded if loaded else _marginal
    by_quality = sorted(candidates, key=lambda c: (cost(c) is None, -c.quality.mean, cost(c) or 0))
    adequate = [candidate for candidate in by_quality if candidate.adequate]
    if not adequate:
        return tuple(by_quality)
    first = min(adequate, key=lambda c: (cost(c) is None, cost(c) or 0))
    return (first, *(candidate for candidate in by_quality if candidate is not first))


def _held_out(candidates: Sequence[Candidate], policy: RoutePolicy, assigned: Assignment) -> Order:
    """As without routing: the baseline, whose answers are not checked; the others if it fails."""
    first = sorted(rank(candidates, loaded=policy.loaded), key=lambda c: c.card.id != policy.baseline)
    rule = f"held out at random ({policy.holdout:.3g} of all): the baseline first"
    return Order(candidates=tuple(first), rule=rule, assignment=assigned)


def _rule(first: Candidate, needed: Bar, *, loaded: bool) -> str:
    if not first.adequate:
        return f"no model {needed.reached}: the best one first"
    basis = ", fixed costs included," if loaded else ""
    warm = f", counting {first.cached_tokens} tokens of this session that it has cached"
    kept = warm if first.cached_tokens else ""
    checked = "; its answer is checked before it is given" if first.escalation else ""
    return f"the cheapest model{basis} that {needed.reached}{kept}, then by quality{checked}"


def _marginal(candidate: Candidate) -> int | None:
    return candidate.expected_cost


def _loaded(candidate: Candidate) -> int | None:
    return loaded_cost(candidate.expected_cost, candidate.share)
