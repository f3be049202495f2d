"""Models: what the catalogue knows of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

from routergate.domain.asset import Asset
from routergate.domain.format import CONVERSATIONS, Format
from routergate.domain.rates import Tariff

ModelId = NewType("ModelId", str)
"""The catalogue's name for a model."""
ProviderId = NewType("ProviderId", str)
TaskId = NewType("TaskId", str)


class ModelClass(StrEnum):
    """The three ways of buying."""

    ECONOMY = "economy"
    SELF_HOSTED = "self_hosted"
    FRONTIER = "frontier"


class Category(StrEnum):
    """The finer taxonomy."""

    REASONING = "reasoning"
    COMMERCIAL_LARGE = "commercial_large"
    COMMERCIAL_SMALL = "commercial_small"
    OPEN_SOURCE = "open_source"
    FINE_TUNED = "fine_tuned"
    INSTRUCT = "instruct"
    SPECIALIST = "specialist"


class Capability(StrEnum):
    """What a model can do beyond plain text; a request's needs are the same words."""

    TOOLS = "tools"
    VISION = "vision"
    AUDIO = "audio"
    JSON_MODE = "json_mode"
    JSON_SCHEMA = "json_schema"
    REASONING = "reasoning"
    PREFILL = "prefill"
    """Goes on from an answer that has begun, if that is the end of the request."""
    EMBEDDINGS = "embeddings"
    """And nothing else: such a model gives vectors and writes no text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard(Tariff):
    """Everything that a provider's bill for one model depends on, from one day on (UTC)."""

    start: date
    per_request: Decimal = Decimal(0)
    """Dollars per request, on top of the tokens."""
    per_second: Decimal = Decimal(0)
    """Dollars for each second from asking the model to the last byte of its answer, on top of the tokens."""
    tokens_per_second: Decimal | None = None
    """How fast it writes: for answers whose time is not known, because they are not there yet."""
    service_tiers: Mapping[str, Tariff] = field(default_factory=dict)
    """In place of the card's own rates, for answers in another service tier, such as `priority`."""
    discount: Decimal = Decimal(0)
    """The negotiated share (0 to 1) that is taken off the tokens and the fee per request."""
    minimum: Decimal = Decimal(0)
    """Dollars that a request costs at least, whatever its discount."""
    markup: Decimal = Decimal(0)
    """The share that is added to all of it, for those who charge it on."""
    source: str = "declared"
    """Where the rates come from: `declared`, `litellm <version>`, `owned` (all costs are fixed costs)."""

    def __post_init__(self) -> None:
        Tariff.__post_init__(self)
        if self.discount > 1:
            raise ValueError(f"a discount is a share, 0 to 1: {self.discount}")
        if self.tokens_per_second is not None and self.tokens_per_second <= 0:
            raise ValueError(f"tokens per second must be positive: {self.tokens_per_second}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCard:
    """One model of the catalogue."""

    id: ModelId
    provider: ProviderId
    upstream: str
    """The provider's own name for it."""
    model_class: ModelClass
    category: Category
    capabilities: frozenset[Capability] = frozenset()
    formats: frozenset[Format] = CONVERSATIONS
    """The wire formats in which it can be asked."""
    context_tokens: int
    max_output_tokens: int | None = None
    prices: tuple[RateCard, ...] = ()
    """Oldest first; empty when the price is unknown."""
    serves: frozenset[TaskId] = frozenset()
    """The only tasks that a specialist takes; empty: any."""
    region: str | None = None
    quality: Mapping[str, float] = field(default_factory=dict)
    """Probability of an acceptable answer by task, as the operator knows it; `default` for the rest."""
    asset: Asset | None = None
    """Its fixed costs; `None`: it has none."""

    def __post_init__(self) -> None:
        if self.context_tokens <= 0:
            raise ValueError(f"model {self.id!r}: context_tokens must be positive")
        if list(self.prices) != sorted(self.prices, key=lambda card: card.start):
            raise ValueError(f"model {self.id!r}: rate cards must be in the order of their dates")

    def rates(self, on: date) -> RateCard | None:
        """The rate card in force on a day, if there is one."""
        for card in reversed(self.prices):
            if card.start <= on:
                return card
        return None
