"""Features + catalogue + policy + health → decision. Told everything, looks at nothing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from routergate.domain.asset import FREE, Loaded, loaded_cost
from routergate.domain.decision import (
    DIRECT,
    Candidate,
    Catalogue,
    Decision,
    Estimate,
    Rejection,
    RoutePolicy,
)
from routergate.domain.errors import ContextTooLong, Forbidden, InvalidRequest, NoEligibleModel, UnknownModel
from routergate.domain.format import Format
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId
from routergate.domain.request import Features
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.route.bar import Bar, bar
from routergate.route.cascade import escalating
from routergate.route.filters import Conditions, failing, forbidden, lacks, no_room, slow

EQUAL = Estimate(mean=1.0, stderr=0.0)
"""The baseline's quality as a share of its own."""

VECTORS = "vectors of different models do not compare: in the order of the route"
OutputTokens = Callable[[str, str], int]
Quality = Callable[[Features, Sequence[ModelCard]], Sequence[Estimate]]
FirstToken = Callable[[ModelId], float | None]
Warm = Callable[[ModelId], int]


def unknown(_: ModelId) -> float | None:
    """Nobody knows how soon any model begins."""
    return None


def cold(_: ModelId) -> int:
    """No model has anything of the conversation cached."""
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What the router is told besides the request."""

    catalogue: Catalogue
    quality: Quality
    output_tokens: OutputTokens
    """Expected output tokens by model and task."""
    on: date
    """The day whose rate cards are in force."""
    share: Callable[[ModelCard], Loaded | None] = lambda _: FREE
    """Of a model's fixed costs, that the request would bear."""
    first_token: FirstToken = unknown
    """Seconds that a model usually takes to begin a streamed answer."""
    hedge_after: FirstToken = unknown
    """Seconds of silence after which another call is made beside one to a model; `None`: none is."""
    warm: Warm = cold
    """Tokens of the conversation that a model has cached."""


def policy_of(catalogue: Catalogue, name: str, wishes: Wishes) -> RoutePolicy:
    """The route that a request names, or a policy of one model; raises `UnknownModel`."""
    if wishes.route and name in catalogue.routes:
        return catalogue.routes[name]
    if name in catalogue.models:
        return RoutePolicy(id=DIRECT, candidates=(ModelId(name),))
    raise UnknownModel(
        f"The model '{name}' does not exist. GET /v1/models lists those that do.", param="model"
    )


def decide(
    decision_id: str,
    policy: RoutePolicy,
    features: Features,
    wishes: Wishes,
    conditions: Conditions,
    world: World,
) -> Decision:
    """The cheapest adequate model first, then the rest by quality; raises if none is left."""
    needed = bar(policy, wishes, features.reading.task)
    baseline = world.catalogue.models[policy.baseline] if policy.baseline else None
    able, rejected = _sift([world.catalogue.models[m] for m in policy.candidates], features, conditions)
    eligible, late = _ready(able, policy, conditions, world)
    rejected = [*rejected, *late]
    if not eligible:
        raise _unspoken(policy, features, conditions, world) or _nobody(policy, rejected)
    candidates = _appraise(eligible, features, baseline, needed, world)
    affordable, too_dear = _within(candidates, _lower(policy.max_cost, wishes.max_cost))
    if not affordable:
        raise _nobody(policy, [*rejected, *too_dear])
    vectors = features.format is Format.EMBEDDINGS
    cascade = policy.cascade if features.format is Format.CHAT else None
    costed = escalating(affordable, cascade)
    order = tuple(costed) if vectors else rank(costed, loaded=policy.loaded)
    return Decision(
        id=decision_id,
        route=policy.id,
        rule=VECTORS if vectors else _rule(order[0], needed, loaded=policy.loaded),
        threshold=needed.threshold,
        baseline=baseline,
        features=features,
        candidates=order,
        rejected=(*rejected, *too_dear),
        limits=policy.limits,
        calibration=policy.calibration if wishes.quality is None else None,
        cascade=cascade,
        continues=policy.continues,
    )


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


def _sift(
    cards: Sequence[ModelCard], features: Features, conditions: Conditions
) -> tuple[list[ModelCard], list[Rejection]]:
    """Who can serve the request."""
    able: list[ModelCard] = []
    rejected: list[Rejection] = []
    for card in cards:
        reason = lacks(card, features) or no_room(card, features) or forbidden(card, conditions)
        if reason:
            rejected.append(Rejection(model=card.id, reason=reason))
        else:
            able.append(card)
    return able, rejected


def _ready(
    able: Sequence[ModelCard], policy: RoutePolicy, conditions: Conditions, world: World
) -> tuple[Sequence[ModelCard], list[Rejection]]:
    """Who neither fails nor is slow. If nobody is left, they are tried all the same."""
    reasons = {
        card.id: failing(card, conditions) or slow(world.first_token(card.id), policy.first_token)
        for card in able
    }
    ready = [card for card in able if reasons[card.id] is None]
    if not ready:
        return able, []
    return ready, [Rejection(model=model, reason=reason) for model, reason in reasons.items() if reason]


def _appraise(
    cards: Sequence[ModelCard],
    features: Features,
    baseline: ModelCard | None,
    needed: Bar,
    world: World,
) -> list[Candidate]:
    """What is expected of each model: quality (of the baseline's, if there is one), length, cost."""
    estimates = world.quality(features, [*cards, *([baseline] if baseline else [])])
    reference = estimates[-1].mean if baseline else 1.0
    return [
        _candidate(
            card, EQUAL if card is baseline else _relative(estimate, reference), features, needed, world
        )
        for card, estimate in zip(cards, estimates, strict=False)
    ]


def _relative(estimate: Estimate, reference: float) -> Estimate:
    """A quality as a share of the reference's; better than the reference counts as equal."""
    if reference == 1.0:
        return estimate
    share = max(reference, 1e-6)  # Next to a baseline that never succeeds, everything is good enough.
    return Estimate(mean=min(estimate.mean / share, 1.0), stderr=estimate.stderr / share)


def _candidate(
    card: ModelCard, quality: Estimate, features: Features, needed: Bar, world: World
) -> Candidate:
    tokens = _output_tokens(card, features, world)
    cached = min(world.warm(card.id), features.input_tokens)
    expected = Usage(
        input_uncached=features.input_tokens - cached,
        cache_read=cached,
        output=tokens * features.choices,
    )
    return Candidate(
        card=card,
        quality=quality,
        output_tokens=tokens,
        cost=price(card, expected, world.on, asked=features.service_tier),
        cached_tokens=cached,
        lower=needed.lower(quality),
        adequate=needed.admits(card, quality),
        share=world.share(card),
        hedge_after=world.hedge_after(card.id),
    )


def _output_tokens(card: ModelCard, features: Features, world: World) -> int:
    usual = world.output_tokens(card.id, features.reading.task)
    limits = (usual, features.max_output_tokens, card.max_output_tokens)
    return min(limit for limit in limits if limit is not None)


def _lower(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _within(candidates: Sequence[Candidate], max_cost: int | None) -> tuple[list[Candidate], list[Rejection]]:
    """Who is expected to cost no more than route and caller allow. An unknown cost does not pass."""
    if max_cost is None:
        return list(candidates), []
    cheap = [c for c in candidates if c.cost is not None and c.cost <= max_cost]
    dear = [c for c in candidates if c.cost is None or c.cost > max_cost]
    return cheap, [
        Rejection(
            model=c.card.id,
            reason="has no known price" if c.cost is None else "is expected to cost more than allowed",
        )
        for c in dear
    ]


def _unspoken(
    policy: RoutePolicy, features: Features, conditions: Conditions, world: World
) -> Exception | None:
    """The error where no model of the route can be asked in the request's format: who can be."""
    models = world.catalogue.models
    if any(features.format in models[model].formats for model in policy.candidates):
        return None
    fit = (card for card in models.values() if features.format in card.formats)
    able = [card.id for card in fit if not forbidden(card, conditions)]
    remedy = f"Use {', '.join(able)}." if able else "This gateway has no other that can."
    named = policy.candidates[0] if policy.id == DIRECT else policy.id
    message = f"'{named}' has no model that can be asked for {features.format}. {remedy}"
    return InvalidRequest(message, param="model")


def _nobody(policy: RoutePolicy, rejected: Sequence[Rejection]) -> Exception:
    """The error that says best why nobody is left."""
    reasons = "; ".join(f"{rejection.model} {rejection.reason}" for rejection in rejected)
    message = f"No model of '{policy.id}' can serve this request: {reasons}."
    if all("has room for" in rejection.reason for rejection in rejected):
        return ContextTooLong(message, param="messages")
    if all("of this key" in rejection.reason for rejection in rejected):
        return Forbidden(f"This key may not use any model of '{policy.id}': {reasons}.", param="model")
    return NoEligibleModel(message)
