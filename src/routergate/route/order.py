"""Candidates → the order in which they are tried, and the rule that made it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from routergate.domain.answer import Cascade
from routergate.domain.capacity import Crowd
from routergate.domain.decision import Arm, Assignment, Candidate, RoutePolicy
from routergate.domain.format import Format
from routergate.domain.model import ProviderId
from routergate.route.bar import Bar
from routergate.route.cascade import Rejected, escalating
from routergate.route.crowded import crowded, left_for, weighed
from routergate.route.holdout import assignment

VECTORS = "vectors of different models do not compare: in the order of the route"
LISTED = "no model of the route can serve this: in the order in which the caller listed others"
AS_WRITTEN = "the first that can serve the request, in the order of the route"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What is true of the moment and the conversation, beside what is expected of the models."""

    draw: float
    """From 0 to below 1, where the route holds a share of its requests out."""
    rejected: Rejected
    """The probability that a model's answer fails the route's checks."""
    crowds: Mapping[ProviderId, Crowd]
    """In front of the providers whose servers are all full."""
    patience: float
    """The conversation's place among all, 0 (the first to leave a full model) to 1."""


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
    moment: Moment,
) -> Order:
    """The order of a route, or what its hold-out makes of it for a request that drew `moment.draw`."""
    if not candidates:
        return Order(candidates=(), rule=LISTED)
    if wanted is Format.EMBEDDINGS:
        return Order(candidates=tuple(candidates), rule=VECTORS)
    assigned = assignment(policy, candidates, moment.draw)
    if assigned is not None and assigned.arm is Arm.BASELINE:
        return _held_out(candidates, policy, assigned)
    cascade = policy.cascade if wanted is Format.CHAT else None
    costed = escalating(candidates, cascade, moment.rejected)
    if policy.as_written:
        return Order(candidates=tuple(costed), rule=AS_WRITTEN, cascade=cascade, assignment=assigned)
    pressed = crowded(costed, moment.crowds, moment.patience, loaded=policy.loaded)
    ranked = rank(pressed, loaded=policy.loaded)
    rule = _rule(ranked, needed, loaded=policy.loaded)
    return Order(candidates=ranked, rule=rule, cascade=cascade, assignment=assigned)


def rank(candidates: Iterable[Candidate], *, loaded: bool = False) -> tuple[Candidate, ...]:
    """The order in which candidates are tried; `loaded`: fixed costs count too.

    A model without a known cost comes after every other one, unless it alone is adequate: unknown is
    not cheap.
    """
    costed = [(weighed(candidate, loaded=loaded), candidate) for candidate in candidates]
    costed.sort(key=lambda it: (it[0] is None, -it[1].quality.mean, it[0] or 0))
    by_quality = tuple(candidate for _, candidate in costed)
    adequate = [it for it in costed if it[1].adequate]
    if not adequate:
        return by_quality
    _, first = min(adequate, key=lambda it: (it[0] is None, it[0] or 0, it[1].pressure))
    return (first, *(candidate for candidate in by_quality if candidate is not first))


def _held_out(candidates: Sequence[Candidate], policy: RoutePolicy, assigned: Assignment) -> Order:
    """As without routing: the baseline, whose answers are not checked; the others if it fails."""
    first = sorted(rank(candidates, loaded=policy.loaded), key=lambda c: c.card.id != policy.baseline)
    rule = f"held out at random ({policy.holdout:.3g} of all): the baseline first"
    return Order(candidates=tuple(first), rule=rule, assignment=assigned)


def _rule(order: Sequence[Candidate], needed: Bar, *, loaded: bool) -> str:
    first = order[0]
    if not first.adequate:
        return f"no model {needed.reached}: the best one first"
    basis = ", fixed costs included," if loaded else ""
    warm = f", counting {first.cached_tokens} tokens of this session that it has cached"
    kept = warm if first.cached_tokens else ""
    checked = "; its answer is checked before it is given" if first.escalation else ""
    elsewhere = left_for(order, loaded=loaded)
    return f"the cheapest model{basis} that {needed.reached}{kept}{elsewhere}, then by quality{checked}"
