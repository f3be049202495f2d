"""The one immutable row that a request leaves in the ledger."""

from dataclasses import dataclass
from enum import StrEnum

from routergate.domain.asset import FREE, Loaded, loaded_cost
from routergate.domain.caching import Recalled
from routergate.domain.decision import Decision
from routergate.domain.identity import Attribution
from routergate.domain.model import ModelCard
from routergate.domain.money import Nanos
from routergate.domain.reservation import Charge
from routergate.domain.usage import Usage


class Outcome(StrEnum):
    """How a request ended."""

    OK = "ok"
    FAILED = "failed"
    """No provider answered, or the answer broke off."""
    REFUSED = "refused"
    """A provider found the request itself at fault, or a guardrail the answer."""
    ABANDONED = "abandoned"
    """The caller left before the end, or the gateway died."""
    CUT = "cut"
    """A strict budget ended before the answer did."""


class UsageSource(StrEnum):
    """Where the token counts come from."""

    PROVIDER = "provider"
    COUNTED = "counted"
    """By the gateway, because the provider gave none."""
    RESERVED = "reserved"
    """As they were reserved, because nobody is left who knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One call to one provider."""

    model: str
    provider: str
    result: str
    """`ok`, or the kind of failure in one word (see `UpstreamError.kind`), before the answer or in it."""
    seconds: float
    """Until its first byte, or its failure."""
    billed: bool | None = None
    """Whether the provider may charge for it; `None`: cannot be known."""
    usage: Usage | None = None
    """Of an answer that was paid and not given; `None`: there was none."""
    cost: Nanos | None = None
    """Of the same; it is in the event's cost, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds, as the gateway saw them."""

    total: float
    first_token: float | None
    overhead: float
    """Spent in the gateway itself, waiting for nobody."""
    decision: float
    """Of which: classify and route."""
    answer: float | None = None
    """From asking the provider that answered to the last byte; `None`: none did, or nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """What one request was, used and cost. `None` is unknown, never zero."""

    id: str
    at: int
    """Arrival, nanoseconds since the epoch."""
    attribution: Attribution
    route: str
    task: str
    level: str
    complexity: float
    threshold: float
    quality: float | None
    """The estimate for the model that answered."""
    card: ModelCard | None
    """The model that answered; `None` if none did, or if the answer was a kept one."""
    streamed: bool
    outcome: Outcome
    attempts: tuple[Attempt, ...]
    usage: Usage | None
    """Of the answer that was given."""
    usage_source: UsageSource
    cost: Nanos | None
    """Of all that was paid: the answer, and those that were rejected before it."""
    baseline: str | None
    baseline_cost: Nanos | None
    """The same tokens at the baseline's rates."""
    timings: Timings
    charges: tuple[Charge, ...] = ()
    """What it adds to the counters of budgets and limits."""
    share: Loaded | None = FREE
    """What it bears of the fixed costs of the model that answered."""
    service_tier: str | None = None
    """By the answer's own account."""
    asked_tier: str | None = None
    """The service tier that the request named."""
    decision: Decision | None = None
    """What it was decided on; `None`: nobody knows any more."""
    recalled: Recalled | None = None
    """What came of looking for a kept answer; `None`: the route keeps none."""

    @property
    def cached(self) -> bool:
        """Whether a kept answer was given: `usage` is that of whoever paid for it, and nothing is due."""
        return self.recalled is Recalled.HIT

    @property
    def loaded(self) -> Nanos | None:
        """Cost with the share of fixed costs; `None` where either is unknown."""
        return loaded_cost(self.cost, self.share)

    @property
    def paid_usage(self) -> Usage | None:
        """The same, with the answers that were rejected."""
        if self.usage is None:
            return None
        return sum((call.usage for call in self.attempts if call.usage is not None), self.usage)

    @property
    def savings(self) -> Nanos | None:
        """Baseline cost less actual cost, where both are known."""
        if self.cost is None or self.baseline_cost is None:
            return None
        return Nanos(self.baseline_cost - self.cost)
