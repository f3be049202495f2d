"""Hard filters: the reasons why a model cannot serve a request."""

from collections.abc import Iterable
from dataclasses import dataclass

from routergate.domain.decision import Rejection, Why
from routergate.domain.format import Format
from routergate.domain.identity import Identity
from routergate.domain.model import ModelCard, ModelClass, ModelId, ProviderId
from routergate.domain.request import Features


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What besides the request itself decides who may serve it."""

    residency: str | None = None
    allow: frozenset[str] | None = None
    """Routes and models that the caller's key may use; `None`: all."""
    classes: frozenset[ModelClass] | None = None
    """Classes of models that it may use; `None`: all."""
    regions: frozenset[str] | None = None
    """Regions that may answer it; `None`: any."""
    route: str = ""
    home: ProviderId | None = None
    """The only provider that may answer, because it has the answer that the request follows."""
    down: frozenset[ModelId] = frozenset()
    """Models whose providers fail to serve them at the moment."""


def sift(
    cards: Iterable[ModelCard], features: Features, conditions: Conditions
) -> tuple[list[ModelCard], list[Rejection]]:
    """Who can serve the request."""
    able: list[ModelCard] = []
    rejected: list[Rejection] = []
    for card in cards:
        if rejection := _rejection(card, features, conditions):
            rejected.append(rejection)
        else:
            able.append(card)
    return able, rejected


def _rejection(card: ModelCard, features: Features, conditions: Conditions) -> Rejection | None:
    if reason := lacks(card, features):
        return Rejection(model=card.id, reason=reason, why=Why.NEEDS)
    if reason := no_room(card, features):
        return Rejection(model=card.id, reason=reason, why=Why.ROOM)
    if reason := forbidden(card, conditions):
        return Rejection(model=card.id, reason=reason, why=Why.FORBIDDEN)
    return None


def lacks(card: ModelCard, features: Features) -> str | None:
    """A need of the request that the model does not meet, if there is one."""
    if features.format not in card.formats:
        return f"cannot be asked for {features.format}"
    if missing := features.needs - card.capabilities:
        return f"lacks {', '.join(sorted(missing))}"
    if card.serves and features.reading.task not in card.serves:
        return f"serves only {', '.join(sorted(card.serves))}"
    return None


def no_room(card: ModelCard, features: Features) -> str | None:
    """Whether the request is too long for the model; what is embedded has a limit for each of its texts."""
    if features.format is Format.EMBEDDINGS:
        return None
    wanted = features.input_tokens + (features.max_output_tokens or 0)
    if wanted > card.context_tokens:
        return f"has room for {card.context_tokens} tokens, {wanted} are needed"
    return None


def forbidden(card: ModelCard, conditions: Conditions) -> str | None:
    """A rule of the route or the key that keeps the model out, if there is one."""
    if conditions.home is not None and card.provider != conditions.home:
        return f"is not at {conditions.home}, which has the response that this one follows"
    if conditions.residency is not None and card.region != conditions.residency:
        return f"is not in region {conditions.residency}"
    allow = conditions.allow
    if allow is not None and card.id not in allow and conditions.route not in allow:
        return "is not among the models of this key"
    return out_of_scope(card, conditions)


def out_of_scope(card: ModelCard, scope: Conditions | Identity) -> str | None:
    """Whether the model's class or region is not among those of the key, whatever its name."""
    if scope.classes is not None and card.model_class not in scope.classes:
        return f"is {card.model_class}, which is not among the classes of this key"
    if scope.regions is not None and card.region not in scope.regions:
        return f"is in {card.region or 'no known region'}, which is not among the regions of this key"
    return None


def failing(card: ModelCard, conditions: Conditions) -> str | None:
    """Whether the model's provider fails to serve it, or has nothing left to give."""
    return (
        f"provider {card.provider} is failing, or wants to be left alone"
        if card.id in conditions.down
        else None
    )


def slow(usual: float | None, most: float | None) -> str | None:
    """Whether a model usually takes longer to begin than the route has time; unknown passes."""
    if usual is None or most is None or usual <= most:
        return None
    return f"usually begins after {usual:.2g} s, {most:g} s are allowed"
