"""A model as capital: what it cost to make, what it costs to run and to keep good."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from routergate.domain.errors import RouterGateError
from routergate.domain.money import Nanos

NOTHING = Nanos(0)
HOUSE = "house"
"""The organisation that bears what no request has borne, unless an asset names another."""


class HostingUnmeasured(RouterGateError):
    """Hosting goes by what was measured, and nobody knows what that was."""


class Method(StrEnum):
    """How a cost is spread over a life."""

    STRAIGHT_LINE = "straight_line"
    """The same every month."""
    UNITS_OF_PRODUCTION = "units_of_production"
    """The same for every request."""
    DECLINING_BALANCE = "declining_balance"
    """A share of what is left, every month; the same every month from when that is more."""


class Spread(StrEnum):
    """Who bears what a month's requests have not borne, or gets back what they bore too much."""

    OWNER = "owner"
    """The owner, all of it."""
    REQUESTS = "requests"
    """Whoever asked, by requests; with what their own have borne, each comes to its part of the month."""
    TOKENS = "tokens"
    """The same, by tokens read and written."""
    EQUALLY = "equally"
    """Organisations that asked, each as much as the others."""
    WEIGHTS = "weights"
    """Organisations, by declared weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearer:
    """Who bears a cost; `None`: not told apart."""

    organisation: str
    team: str | None = None
    customer: str | None = None
    feature: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A better estimate: what was left then is spread anew, and what was charged stays as it was."""

    served: int
    """Requests since it went into service, when the estimate was made."""
    remaining_requests: int
    """That are expected to come from then on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What a model cost once: compute, data, validation. Dollars."""

    cost: Decimal
    in_service: date
    """The first day (UTC) on which some of it is written off."""
    method: Method = Method.STRAIGHT_LINE
    life_months: int | None = None
    expected_requests: int | None = None
    """Over its whole life, as was thought at first."""
    revisions: tuple[Revision, ...] = ()
    """Of `expected_requests`, oldest first."""
    factor: Decimal = Decimal(2)
    """Of a declining balance: times the share that a straight line would take."""
    salvage: Decimal = Decimal(0)
    """What it is worth in the end, and is not written off."""

    def __post_init__(self) -> None:
        if not 0 <= self.salvage <= self.cost:
            raise ValueError(f"salvage is between nothing and the cost: {self.salvage}")
        if not self._measure():
            raise ValueError(f"{self.method} needs life_months, or expected_requests to go by requests")
        served = [revision.served for revision in self.revisions]
        if served != sorted(set(served)):
            raise ValueError(f"revisions must be in the order of what was served: {served}")
        if self.factor < 1:
            raise ValueError(f"a declining balance has a factor of 1 or more: {self.factor}")

    def _measure(self) -> int | None:
        by_requests = self.method is Method.UNITS_OF_PRODUCTION
        return self.expected_requests if by_requests else self.life_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """Whose part of a cluster's bill it is, in the words of OpenCost."""

    url: str
    aggregate: str
    """By what the bill is taken apart, such as `label:app`."""
    name: str
    """Which of the parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """What it costs to have a model ready, busy or not: units by the hour, and a monthly fee. Dollars."""

    units: int = 0
    """GPUs, or units of provisioned throughput."""
    unit_hour: Decimal = Decimal(0)
    monthly: Decimal = Decimal(0)
    tokens_per_second: Decimal | None = None
    """What all of it can do at most; `None`: nobody knows how busy it is."""
    measured: bool = False
    """Whether units are paid by the seconds in which the model answers, and not while they wait."""
    at_once: int = 1
    """Requests that it answers at the same time, where it is measured."""
    allocation: Allocation | None = None
    """Whoever says afterwards what it came to; units and the fee are then what requests bear till then."""

    @property
    def foreseen(self) -> bool:
        """Whether it is known beforehand what a time will cost, well enough for requests to bear it."""
        return not self.measured and (self.allocation is None or bool(self.units or self.monthly))


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How long a model answered requests, as far as is known."""

    milliseconds: int = 0
    """Of all requests that were timed, one after another."""
    timed: int = 0
    untimed: int = 0
    """Requests of which nobody knows how long they took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Maintenance:
    """What it costs to keep a model good. Dollars."""

    monthly: Decimal = Decimal(0)
    retraining: Decimal = Decimal(0)
    """Each time."""
    retraining_months: int = 12
    """From one time to the next; its cost is spread over them."""

    @property
    def per_month(self) -> Decimal:
        """All of it, evenly."""
        return self.monthly + self.retraining / self.retraining_months


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """The fixed costs of a model, which are there whether it is asked or not."""

    training: Training | None = None
    hosting: Hosting | None = None
    maintenance: Maintenance | None = None
    start: date | None = None
    """The first day (UTC) of hosting and maintenance; `None`: with the training, or always there."""
    retired: date | None = None
    """The first day on which it is gone; what is not written off by then is written off."""
    requests_per_month: int | None = None
    """As expected, to spread monthly costs over; `None`: as seen."""
    owner: str = HOUSE
    """The organisation that bears what no request has borne, where nobody else does."""
    spread: Spread = Spread.OWNER
    """Who bears it."""
    weights: tuple[tuple[str, int], ...] = ()
    """Of organisations, where it goes by weights."""

    def __post_init__(self) -> None:
        if self.retired and self.begins and self.retired <= self.begins:
            raise ValueError(f"an asset cannot be retired before it is in service: {self.retired}")

    @property
    def begins(self) -> date | None:
        """The first day of hosting and maintenance, as it is said or as the training says."""
        return self.start or (self.training.in_service if self.training else None)

    def retired_on(self, day: date) -> bool:
        """Whether it is gone."""
        return self.retired is not None and self.retired <= day

    def active(self, day: date) -> bool:
        """Whether hosting and maintenance are paid on a day."""
        return not self.retired_on(day) and (self.begins is None or self.begins <= day)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Fixed costs by component, nano-dollars: a request's share, or what a period was charged."""

    hosting: Nanos = NOTHING
    depreciation: Nanos = NOTHING
    maintenance: Nanos = NOTHING

    @property
    def total(self) -> Nanos:
        """All three."""
        return Nanos(self.hosting + self.depreciation + self.maintenance)

    def __add__(self, other: "Loaded") -> "Loaded":
        return Loaded(
            hosting=Nanos(self.hosting + other.hosting),
            depreciation=Nanos(self.depreciation + other.depreciation),
            maintenance=Nanos(self.maintenance + other.maintenance),
        )

    def __sub__(self, other: "Loaded") -> "Loaded":
        return Loaded(
            hosting=Nanos(self.hosting - other.hosting),
            depreciation=Nanos(self.depreciation - other.depreciation),
            maintenance=Nanos(self.maintenance - other.maintenance),
        )


FREE = Loaded()
"""What a model without an asset bears."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """How many requests a model serves, as far as is known."""

    monthly: int | None = None
    """As seen lately; `None`: not seen for long enough."""
    served: int = 0
    """Since it was first seen."""


def loaded_cost(marginal: Nanos | None, share: Loaded | None) -> Nanos | None:
    """Marginal cost and the share of fixed costs; unknown if either is."""
    return None if marginal is None or share is None else Nanos(marginal + share.total)
