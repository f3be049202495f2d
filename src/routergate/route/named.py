"""The names in a request → the policy that it falls under."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from routergate.domain.decision import DIRECT, Catalogue, Fallback, Rejection, RoutePolicy, Why
from routergate.domain.errors import UnknownModel
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId
from routergate.domain.request import Features
from routergate.route.filters import Conditions, sift


def policy_of(catalogue: Catalogue, name: str, wishes: Wishes) -> RoutePolicy:
    """The route that a request names, or a policy of one model, with the caller's own fallbacks.

    Raises `UnknownModel`.
    """
    policy = _policy(catalogue, name, wishes, "model")
    if not wishes.fallbacks:
        return policy
    found: dict[ModelId, Fallback] = {}
    for fallback in _fallbacks(catalogue, wishes):
        found.setdefault(fallback.model, fallback)
    others = (fallback for fallback in found.values() if fallback.model not in policy.candidates)
    return replace(policy, fallbacks=tuple(others))


def listed_by(
    fallbacks: Iterable[Fallback], features: Features, conditions: Conditions, catalogue: Catalogue
) -> tuple[list[ModelCard], list[Rejection]]:
    """Which of the caller's fallbacks can serve the request.

    They are under the route's conditions, and under those of the route by whose name they were listed.
    """
    able: list[ModelCard] = []
    rejected: list[Rejection] = []
    for fallback in fallbacks:
        card, named = catalogue.models[fallback.model], replace(conditions, route=fallback.named)
        found, unfit = sift([card], features, named)
        if found and fallback.residency not in {None, card.region}:
            reason = f"is not in region {fallback.residency}"
            found, unfit = [], [Rejection(model=card.id, reason=reason, why=Why.FORBIDDEN)]
        able, rejected = able + found, rejected + unfit
    return able, rejected


def _fallbacks(catalogue: Catalogue, wishes: Wishes) -> Iterator[Fallback]:
    """A route stands for its candidates, in its order."""
    for name in wishes.fallbacks:
        policy = _policy(catalogue, name, wishes, "models")
        for model in policy.candidates:
            yield Fallback(model=model, named=name, residency=policy.residency)


def _policy(catalogue: Catalogue, name: str, wishes: Wishes, param: str) -> RoutePolicy:
    if wishes.route and name in catalogue.routes:
        return catalogue.routes[name]
    if name in catalogue.models:
        return RoutePolicy(id=DIRECT, candidates=(ModelId(name),))
    if name in catalogue.routes:
        message = f"'{name}' is a route, and x-routergate-route is off. Name a model, or leave that out."
    else:
        message = f"The model '{name}' does not exist. GET /v1/models lists those that do."
    raise UnknownModel(message, param=param)
