"""The core's values, one attribute at a time."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.decision import Candidate, Catalogue, Decision, Estimate, RoutePolicy
from routergate.domain.model import Category, ModelCard, ModelClass, ModelId, ProviderId, RateCard, TaskId
from routergate.domain.request import ChatRequest, Features, Level, Message, Reading

DAY = date(2026, 1, 15)


def a_rate_card(rate_in: str = "0.15", rate_out: str = "0.60", **changes: Any) -> RateCard:
    """Dollars per million tokens, from long ago on."""
    card = RateCard(start=date(2020, 1, 1), input=Decimal(rate_in), output=Decimal(rate_out))
    return replace(card, **changes)


def a_card(name: str = "mini", **changes: Any) -> ModelCard:
    """A cheap model that takes any task; its provider has its name, its quality is what `quality` says."""
    quality = changes.pop("quality", 0.9)
    card = ModelCard(
        id=ModelId(name),
        provider=ProviderId(f"{name}-provider"),
        upstream=f"{name}-upstream",
        model_class=ModelClass.ECONOMY,
        category=Category.COMMERCIAL_SMALL,
        context_tokens=8_000,
        prices=(a_rate_card(),),
        quality={"default": quality} if quality is not None else {},
    )
    return replace(card, **changes)


def a_request(text: str = "Hello?", **changes: Any) -> ChatRequest:
    """One question to the route `auto`."""
    request = ChatRequest(
        payload={"model": "auto", "messages": [{"role": "user", "content": text}]},
        model="auto",
        messages=(Message(role="user", text=text),),
        size=len(text.encode(errors="replace")) + 16,
    )
    return replace(request, **changes)


def a_reading(**changes: Any) -> Reading:
    """A simple chat."""
    reading = Reading(
        task=TaskId("chat"), domain="general", language="en", complexity=0.2, level=Level.SIMPLE
    )
    return replace(reading, **changes)


def some_features(**changes: Any) -> Features:
    """A simple chat of a hundred tokens."""
    features = Features(reading=a_reading(), needs=frozenset(), input_tokens=100)
    return replace(features, **changes)


def a_policy(*models: str, **changes: Any) -> RoutePolicy:
    """The route `auto` over some models."""
    return replace(RoutePolicy(id="auto", candidates=tuple(map(ModelId, models))), **changes)


def a_catalogue(*cards: ModelCard, **changes: Any) -> Catalogue:
    """Some models, and the route `auto` over all of them; `changes` are the route's."""
    policy = a_policy(*(card.id for card in cards), **changes)
    return Catalogue(models={card.id: card for card in cards}, routes={"auto": policy})


def a_candidate(card: ModelCard | None = None, **changes: Any) -> Candidate:
    """A model that is good enough, at a cost that nobody has asked for."""
    candidate = Candidate(
        card=card or a_card(),
        quality=Estimate(mean=0.9, stderr=0.05),
        output_tokens=300,
        cost=None,
        lower=0.9,
        adequate=True,
    )
    return replace(candidate, **changes)


def a_decision(*cards: ModelCard, **changes: Any) -> Decision:
    """To try some models in their order."""
    decision = Decision(
        id="decision-1",
        route="auto",
        rule="as the test says",
        threshold=0.8,
        baseline=None,
        features=some_features(),
        candidates=tuple(a_candidate(card) for card in cards or (a_card(),)),
    )
    return replace(decision, **changes)
