"""Models: what the catalogue knows of each."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NewType

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


@dataclass(frozen=True, slots=True, kw_only=True)
class RateCard:
    """Dollars per million tokens for one model, from one day on (UTC).

    A rate that is `None` falls back on its parent: cache reads and writes on `input`, reasoning on
    `output`. Audio has no parent: without a rate, a request with audio has no known price.
    """

    start: date
    input: Decimal
    output: Decimal
    cache_read: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None
    per_request: Decimal = Decimal(0)
    """Dollars per request, on top of the tokens."""
    source: str = "declared"
    """Where the rates come from: `declared`, `litellm <version>`, `owned` (all costs are fixed costs)."""

    def __post_init__(self) -> None:
        rates = (
            self.input, self.output, self.cache_read, self.cache_write, self.reasoning,
            self.audio_input, self.audio_output, self.per_request,
        )  # fmt: skip
        if any(rate is not None and (not rate.is_finite() or rate < 0) for rate in rates):
            raise ValueError(f"rates cannot be negative or infinite: {self!r}")


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
    context_tokens: int
    max_output_tokens: int | None = None
    prices: tuple[RateCard, ...] = ()
    """Oldest first; empty when the price is unknown."""
    serves: frozenset[TaskId] = frozenset()
    """The only tasks that a specialist takes; empty: any."""
    region: str | None = None
    quality: Mapping[str, float] = field(default_factory=dict)
    """Probability of an acceptable answer by task, as the operator knows it; `default` for the rest."""

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
