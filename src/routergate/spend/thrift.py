"""What budgets that were reached make of a decision; pure."""

from collections.abc import Mapping
from dataclasses import replace
from operator import attrgetter

from routergate.domain.budget import Budget, Measure, Policy, Scope
from routergate.domain.decision import Candidate, Decision, Rejection, Why
from routergate.domain.model import ModelClass
from routergate.domain.reservation import Denied

UNKNOWN: Mapping[Measure, str] = {
    Measure.CASH: "has no known price, and a budget in money applies",
    Measure.LOADED: "has no known share of fixed costs, and a budget with basis loaded applies",
}
"""Why a budget leaves a model out that it cannot count, by what it counts."""


def thrifty(decision: Decision, budget: Budget) -> Decision | None:
    """The decision once `budget` is reached; `None` if it leaves nobody.

    Of a request that names a model there is no cheaper candidate than the one it has.
    """
    if budget.when_reached is Policy.OWN_MODELS:
        fit = [one for one in decision.candidates if one.card.model_class is ModelClass.SELF_HOSTED]
        return _kept(decision, fit, f"{_name(budget)} is reached: own models only")
    good = [one for one in decision.candidates if one.quality.mean >= budget.least_quality]
    cost = attrgetter("loaded" if budget.measure is Measure.LOADED else "cost")
    cheapest = sorted(good, key=lambda one: (cost(one) is None, cost(one) or 0))
    if len(decision.candidates) < 2:
        return None
    return _kept(decision, cheapest, f"{_name(budget)} is reached: the cheapest model first")


def without(decision: Decision, denied: Denied) -> Decision | None:
    """The decision without the model or provider whose own budget or limit is in the way.

    `None` if it leaves nobody, or if what is in the way would be in anybody's.
    """
    counter = denied.line.counter
    if counter.scope not in {Scope.MODEL, Scope.PROVIDER}:
        return None
    own = attrgetter("card.id" if counter.scope is Scope.MODEL else "card.provider")
    left = tuple(one for one in decision.candidates if own(one) != counter.value)
    out = (
        Rejection(
            model=one.card.id, reason=f"has no room: the {counter.scope} is at its limit", why=Why.BUDGET
        )
        for one in decision.candidates
        if own(one) == counter.value
    )
    return replace(decision, candidates=left, rejected=(*decision.rejected, *out)) if left else None


def _kept(decision: Decision, fit: list[Candidate], rule: str) -> Decision | None:
    if not fit:
        return None
    gone = [
        Rejection(model=one.card.id, reason=f"is not for when {rule.partition(':')[0]}", why=Why.BUDGET)
        for one in decision.candidates
        if one not in fit
    ]
    return replace(
        decision,
        candidates=tuple(fit),
        rule=rule,
        rejected=(*decision.rejected, *gone),
        cascade=None,  # Nobody pays twice with a budget that is spent.
    )


def _name(budget: Budget) -> str:
    return f"the {budget.window} budget of this {budget.scope}"
