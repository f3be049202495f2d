"""Features + catalogue + policy + health → decision. Told everything, looks at nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from routergate.domain.asset import FREE, Loaded
from routergate.domain.capacity import Crowd
from routergate.domain.decision import (
    DIRECT,
    Candidate,
    Catalogue,
    Decision,
    Estimate,
    Rejection,
    RoutePolicy,
    Why,
)
from routergate.domain.errors import ContextTooLong, Forbidden, InvalidRequest, NoEligibleModel
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId, ProviderId, TaskId
from routergate.domain.quality import Standing
from routergate.domain.request import Features
from routergate.domain.turn import Turn
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.route.bar import Bar, bar
from routergate.route.cascade import Rejected, as_expected
from routergate.route.crowded import patience
from routergate.route.filters import Conditions, failing, forbidden, sift, slow
from routergate.route.named import listed_by
from routergate.route.order import Moment, ordered

EQUAL = Estimate(mean=1.0, stderr=0.0)
"""The baseline's quality as a share of its own."""

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
    rejected: Rejected = as_expected
    """The probability that a model's answer fails the route's checks, from what is expected beforehand."""
    draw: float = 1.0
    """What the request drew, from 0 to below 1: for the route's hold-out, and for probes."""
    crowds: Mapping[ProviderId, Crowd] = field(default_factory=dict)
    """In front of the providers whose servers are all full."""
    turn: Turn = field(default_factory=Turn)
    """With what claim the request waits where others do."""
    standing: Standing = field(default_factory=Standing)
    """How far models are trusted with tasks on this route."""


def decide(
    decision_id: str,
    policy: RoutePolicy,
    features: Features,
    wishes: Wishes,
    conditions: Conditions,
    world: World,
) -> Decision:
    """The cheapest adequate model first, then the rest by quality, then the caller's own fallbacks.

    Raises if none is left.
    """
    needed = bar(policy, wishes, features.reading.task)
    baseline = world.catalogue.models[policy.baseline] if policy.baseline else None
    able, rejected = sift([world.catalogue.models[m] for m in policy.candidates], features, conditions)
    eligible, late = _ready(able, features.reading.task, policy, conditions, world)
    listed, unfit = listed_by(policy.fallbacks, features, conditions, world.catalogue)
    rejected = [*rejected, *late, *unfit]
    if not (eligible or listed):
        raise _unspoken(policy, features, conditions, world) or _nobody(policy, rejected)
    candidates, reference = _appraise([*eligible, *listed], features, baseline, needed, world)
    affordable, too_dear = _within(candidates, _lower(policy.max_cost, wishes.max_cost))
    if not affordable:
        raise _nobody(policy, [*rejected, *too_dear])
    own, others = _parted(affordable, listed)
    order = ordered(own, policy, needed, features.format, _moment(features, world))
    return Decision(
        id=decision_id,
        route=policy.id,
        rule=order.rule,
        threshold=needed.threshold,
        baseline=baseline,
        features=features,
        candidates=(*order.candidates, *others),
        rejected=(*rejected, *too_dear),
        limits=policy.limits,
        turn=world.turn,
        calibration=policy.calibration if wishes.quality is None else None,
        continues=policy.continues,
        cascade=order.cascade,
        caching=policy.caching,
        reference=reference,
        assignment=order.assignment,
    )


def _moment(features: Features, world: World) -> Moment:
    return Moment(
        draw=world.draw,
        rejected=world.rejected,
        crowds=world.crowds,
        patience=patience(features.conversation),
    )


def _parted(
    candidates: Sequence[Candidate], listed: Sequence[ModelCard]
) -> tuple[list[Candidate], list[Candidate]]:
    """The route's own, and the caller's fallbacks in their order."""
    ids = {card.id for card in listed}
    own = [candidate for candidate in candidates if candidate.card.id not in ids]
    return own, [candidate for candidate in candidates if candidate.card.id in ids]


def _ready(
    able: Sequence[ModelCard], task: TaskId, policy: RoutePolicy, conditions: Conditions, world: World
) -> tuple[Sequence[ModelCard], list[Rejection]]:
    """Who neither fails nor is slow, and is trusted with the task. If nobody is, all are tried."""
    found = {card.id: _late(card, task, policy, conditions, world) for card in able}
    ready = [card for card in able if found[card.id] is None]
    return (ready, [one for one in found.values() if one]) if ready else (able, [])


def _late(
    card: ModelCard, task: TaskId, policy: RoutePolicy, conditions: Conditions, world: World
) -> Rejection | None:
    if reason := failing(card, conditions):
        return Rejection(model=card.id, reason=reason, why=Why.FAILING)
    if policy.first_token is not None and (reason := slow(world.first_token(card.id), policy.first_token)):
        return Rejection(model=card.id, reason=reason, why=Why.SLOW)
    if reason := world.standing.why_not(card.id, task, world.draw):
        return Rejection(model=card.id, reason=reason, why=Why.QUALITY)
    return None


def _appraise(
    cards: Sequence[ModelCard],
    features: Features,
    baseline: ModelCard | None,
    needed: Bar,
    world: World,
) -> tuple[list[Candidate], float | None]:
    """What is expected of each model: quality (of the baseline's, if there is one), length, cost.

    And the baseline's own quality, if there is one.
    """
    estimates = world.quality(features, [*cards, *([baseline] if baseline else [])])
    reference = estimates[-1].mean if baseline else None
    return [
        _candidate(
            card, EQUAL if card is baseline else relative(estimate, reference), features, needed, world
        )
        for card, estimate in zip(cards, estimates, strict=False)
    ], reference


def relative(estimate: Estimate, reference: float | None) -> Estimate:
    """A quality as a share of the reference's, if there is one; better than that counts as equal."""
    if reference is None or reference == 1.0:
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
    tokens = world.output_tokens(card.id, features.reading.task)
    for limit in (features.max_output_tokens, card.max_output_tokens):
        if limit is not None and limit < tokens:
            tokens = limit
    return tokens


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
            why=Why.PRICE,
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
