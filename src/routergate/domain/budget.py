"""Budgets and limits: what may be spent, how fast, and what happens when that is reached."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

LARGEST_LIMIT = 2**53
"""Tokens or nano-dollars (9 million USD): the store compares exactly up to here."""


class Scope(StrEnum):
    """What a budget or limit is counted for."""

    ORGANISATION = "organisation"
    TEAM = "team"
    KEY = "key"
    FEATURE = "feature"
    CUSTOMER = "customer"
    TAG = "tag"
    SESSION = "session"
    ROUTE = "route"
    MODEL = "model"
    PROVIDER = "provider"


class Measure(StrEnum):
    """What is counted."""

    CASH = "cash"
    """Nano-dollars that are paid out for the request."""
    LOADED = "loaded"
    """These, and the share of the model's fixed costs."""
    TOKENS = "tokens"
    INPUT_TOKENS = "input_tokens"
    OUTPUT_TOKENS = "output_tokens"
    REQUESTS = "requests"
    CONCURRENCY = "concurrency"
    """Requests that run at the same time."""

    @property
    def money(self) -> bool:
        """Whether its amounts are nano-dollars."""
        return self in (Measure.CASH, Measure.LOADED)

    @property
    def spoken(self) -> str:
        """What it is called towards people and programs."""
        return {Measure.CASH: "usd", Measure.LOADED: "loaded_usd"}.get(self, self.value)


class Window(StrEnum):
    """When counting starts anew, by the calendar of the organisation."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    FISCAL_MONTH = "fiscal_month"
    QUARTER = "quarter"
    YEAR = "year"
    TOTAL = "total"


class Policy(StrEnum):
    """What happens to requests once a budget is reached."""

    REFUSE = "refuse"
    DOWNGRADE = "downgrade"
    """They go to the cheapest candidate of their route."""
    OWN_MODELS = "own_models"
    """They go to self-hosted models only."""
    WARN = "warn"


class Away(StrEnum):
    """What happens to requests while the store is away."""

    SERVE = "serve"
    """They are counted in the process, each for itself."""
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """Where an organisation's days and months begin."""

    timezone: str = "UTC"
    fiscal_month_start: int = 1
    """The day of the month (1 to 28) on which a fiscal month begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most of something that may be used within a window."""

    scope: Scope
    of: str | None = None
    """The one team, customer … that is meant; `None`: each has the budget for itself."""
    measure: Measure
    limit: int
    """Nano-dollars, tokens or requests."""
    window: Window
    strict: bool = False
    """Whether the worst case is reserved rather than what is likely: then nothing passes the limit."""
    when_reached: Policy = Policy.REFUSE
    least_quality: float = 0.0
    """With `downgrade`: the least quality that the cheaper candidate must be expected to have."""
    soft: tuple[Decimal, ...] = ()
    """Shares of the limit at which somebody is told."""
    unpriced: bool = False
    """Whether a model without a known price may serve under a money budget."""
    when_store_away: Away = Away.SERVE

    def __post_init__(self) -> None:
        if not 0 <= self.limit <= LARGEST_LIMIT:
            raise ValueError("a budget is between 0 and 9 million USD or 9e15 tokens: more is not exact")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The most of something within any stretch of time as long as the window, or at any one time."""

    scope: Scope
    of: str | None = None
    """The one team, customer … that is meant; `None`: each has the limit for itself."""
    measure: Measure
    limit: int
    seconds: int = 0
    """The window's length; 0 for concurrency."""
    when_store_away: Away = Away.SERVE

    def __post_init__(self) -> None:
        if (self.measure is Measure.CONCURRENCY) == bool(self.seconds):
            raise ValueError("a limit has a window, one on concurrency has none")


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationRules:
    """What one organisation may use."""

    calendar: Calendar = Calendar()
    budgets: tuple[Budget, ...] = ()
    limits: tuple[Limit, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What everybody may use."""

    organisations: Mapping[str, OrganisationRules] = field(default_factory=dict)
    others: OrganisationRules = OrganisationRules()
    """For organisations that are not declared."""

    def of(self, organisation: str) -> OrganisationRules:
        """The rules for one organisation."""
        return self.organisations.get(organisation, self.others)
