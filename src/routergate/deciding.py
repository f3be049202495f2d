"""What it takes to decide: a request classified and routed, told how things stand."""

from collections.abc import Callable
from dataclasses import dataclass, field

from routergate.classify.conversation import conversation
from routergate.classify.features import features
from routergate.domain.asset import FREE, Loaded
from routergate.domain.capacity import Health
from routergate.domain.decision import Catalogue, Decision, Hedge, RoutePolicy
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.domain.quality import Standing
from routergate.domain.request import ChatRequest
from routergate.domain.turn import Turn, priority_of
from routergate.economics.fixed import share
from routergate.meter.recent import Recent
from routergate.meter.settle import day_of
from routergate.ports import (
    Estimator,
    Lengths,
    TokenCounter,
    Volumes,
)
from routergate.route.decide import FirstToken, World, decide, unknown
from routergate.route.filters import Conditions
from routergate.route.holdout import draw
from routergate.route.named import policy_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A parsed request: what is asked, on whose account, and with which wishes."""

    request: ChatRequest
    attribution: Attribution
    wishes: Wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """What it takes to decide."""

    catalogue: Catalogue
    estimator: Estimator
    tokens: TokenCounter
    lengths: Lengths
    volumes: Volumes
    recent: Recent = field(default_factory=Recent)
    standing: Callable[[str], Standing] = lambda _: Standing()
    """How far models are trusted with tasks on a route."""

    async def decide(
        self,
        request_id: str,
        call: Call,
        at: int,
        health: Health,
        home: ProviderId | None = None,
    ) -> Decision:
        """Classify and route; `home` is the provider that must answer."""
        request, account = call.request, call.attribution
        policy = policy_of(self.catalogue, request.model, call.wishes)
        text_tokens = await self.tokens.count([message.text for message in request.messages])
        reading = self.estimator.read(request, self.catalogue, account.feature)
        return decide(
            request_id,
            policy,
            features(request, reading, text_tokens, conversation(request, account)),
            call.wishes,
            _conditions(policy, account.identity, health.down, home),
            World(
                catalogue=self.catalogue,
                quality=self.estimator.quality,
                output_tokens=self.lengths.expected,
                on=day_of(at),
                share=lambda card: self._share(card, at),
                first_token=lambda model: self.recent.paces.usual(model, at / 1e9),
                hedge_after=self._hedging(policy.hedge, request.stream, at / 1e9),
                warm=lambda model: self.recent.warmth.cached(account, model, at / 1e9),
                rejected=lambda model, p: self.recent.rejections.probability(policy.id, model, p),
                draw=draw(policy, account, request_id),
                crowds=health.crowds,
                turn=_turn(policy, account.identity, call.wishes),
                standing=self.standing(policy.id),
            ),
        )

    def _hedging(self, hedge: Hedge | None, streamed: bool, now: float) -> FirstToken:
        """After how much silence of each model another one is asked beside it."""
        if hedge is None:
            return unknown
        return lambda model: self.recent.tails.hedge_after(hedge, (model, streamed), now)

    def _share(self, card: ModelCard, at: int) -> Loaded | None:
        return share(card.asset, at, self.volumes.of(card.id, at)) if card.asset else FREE


def _conditions(
    policy: RoutePolicy, caller: Identity, down: frozenset[ModelId], home: ProviderId | None
) -> Conditions:
    """What the route and the caller's key allow, at the moment."""
    return Conditions(
        residency=policy.residency,
        allow=caller.allow,
        classes=caller.classes,
        regions=caller.regions,
        route=policy.id,
        home=home,
        down=down,
    )


def _turn(policy: RoutePolicy, caller: Identity, wishes: Wishes) -> Turn:
    """With what claim a request waits where others do."""
    priority = priority_of(wishes.priority, caller.priority, policy.priority)
    return Turn(organisation=caller.organisation, priority=priority)
