"""What may be written about fixed costs, and the domain's asset that it makes."""

from dataclasses import fields
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, PlainSerializer, WithJsonSchema, model_validator

from routergate.config.part import Part
from routergate.config.scalars import Count, Day, Dollars, Name, Url
from routergate.domain import asset as domain
from routergate.domain.asset import HOUSE, Method, Spread

Factor = Annotated[
    Decimal,
    Field(ge=1, le=100, decimal_places=6),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "minimum": 1, "maximum": 100}),
]
Positive = Annotated[
    Decimal,
    Field(gt=0, le=10**9, decimal_places=6),
    PlainSerializer(str),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 10**9}),
]


class Revision(Part):
    """A better estimate of `expected_requests`: what is left is spread over those that are still to come."""

    served: Count = Field(examples=[4000000])
    """Requests since it went into service, when the estimate was made; `report portfolio` says."""
    remaining_requests: Count = Field(examples=[16000000])
    """Requests that are expected from then on."""


class Training(Part):
    """What it cost to train the model, and how that is spread over its life."""

    cost: Dollars = Field(examples=[400000])
    """USD, once: computing, data and validation."""
    in_service: Day = Field(examples=["2026-01-15"])
    """The day from which the cost is spread."""
    method: Method = Method.STRAIGHT_LINE
    """Evenly over `life_months`, over `expected_requests`, or as a declining share of what is left."""
    expected_requests: Count | None = None
    """Requests over its life; needed for `units_of_production`."""
    revisions: tuple[Revision, ...] = ()
    """Better estimates of `expected_requests`, for `units_of_production`."""
    life_months: Annotated[int, Field(gt=0, le=600)] | None = None
    """Its useful life; needed for `straight_line` and `declining_balance`."""
    factor: Factor = Decimal(2)
    """Of `declining_balance`: the share of a month, in times of the straight line's."""
    salvage: Dollars = Decimal(0)
    """USD that it is worth in the end; not spread."""

    @model_validator(mode="after")
    def spread(self) -> Self:
        """The method has its measure."""
        needed = "expected_requests" if self.method is Method.UNITS_OF_PRODUCTION else "life_months"
        if getattr(self, needed) is None:
            raise ValueError(f"{self.method} needs {needed}")
        if self.revisions and self.method is not Method.UNITS_OF_PRODUCTION:
            raise ValueError("revisions are for units_of_production; remove them")
        if len({each.served for each in self.revisions}) < len(self.revisions):
            raise ValueError("two revisions have the same served; keep one of them")
        if self.salvage > self.cost:
            raise ValueError("salvage is more than cost; write what it will be worth in the end")
        return self


class Allocation(Part):
    """Whose part of a Kubernetes cluster's bill it is, as OpenCost allocates it."""

    url: Url = Field(examples=["http://opencost.opencost:9003"])
    """Where OpenCost's API is."""
    aggregate: str = Field(pattern=r"^[a-zA-Z]+(:[\w./-]{1,128})?$", examples=["label:app"])
    """By what the bill is taken apart: `namespace`, `controller`, `label:<name>`, ..."""
    name: Name = Field(examples=["contracts-7b"])
    """Which of the parts it is."""


class Hosting(Part):
    """What it costs to run the model: GPUs by the hour, a monthly fee, or both."""

    gpus: Count | None = Field(default=None, examples=[2])
    """GPUs that it occupies."""
    gpu_hour: Dollars | None = Field(default=None, examples=[2.50])
    """USD for one GPU for one hour."""
    monthly: Dollars | None = Field(default=None, examples=[1500])
    """USD per month, such as a vendor's fee for hosting a fine-tuned model."""
    tokens_per_second: Positive | None = Field(default=None, examples=[10000])
    """Tokens, read and written, that all of it can do at most; without it nobody knows how busy it is."""

    measured: Literal["busy_seconds"] | None = None
    """Pay the GPUs only while the model answers, by the seconds in the ledger; default: all the time."""
    at_once: Count | None = Field(default=None, examples=[16])
    """With `measured`: requests that it answers at the same time, on average; default: 1, one by one."""

    opencost: Allocation | None = None
    """Where to ask afterwards what it truly cost; `gpus` or `monthly` are what requests bear till then."""

    @model_validator(mode="after")
    def priced(self) -> Self:
        """It says what it costs."""
        if (self.gpus is None) != (self.gpu_hour is None):
            raise ValueError("gpus and gpu_hour belong together; write both")
        if self.opencost and self.measured:
            raise ValueError("has both measured and opencost; keep one of them")
        if self.gpus is None and self.monthly is None and self.opencost is None:
            raise ValueError("costs nothing yet; write gpus and gpu_hour, or monthly")
        if self.measured and (self.gpus is None or self.monthly is not None):
            raise ValueError("measured is for gpus and gpu_hour alone; write both, and no monthly")
        if self.at_once is not None and self.measured is None:
            raise ValueError("at_once is for measured: busy_seconds; write that, or remove it")
        return self


class Provisioned(Part):
    """Throughput that a vendor keeps ready, by the unit and hour."""

    units: Count = Field(examples=[50])
    """Units that are bought."""
    unit_hour: Dollars = Field(examples=[1.00])
    """USD for one unit for one hour."""
    unit_tokens_per_second: Positive | None = None
    """Tokens, read and written, that one unit can do; without it nobody knows how busy it is."""


class Maintenance(Part):
    """What it costs to keep the model good."""

    monthly: Dollars = Field(default=Decimal(0), examples=[12000])
    """USD per month: fresh data, evaluation, people."""
    retraining: Dollars = Field(default=Decimal(0), examples=[30000])
    """USD for each retraining, spread over the months to the next."""
    retraining_months: Count | None = Field(default=None, examples=[6])
    """Months from one retraining to the next; needed for `retraining`."""

    @model_validator(mode="after")
    def cadence(self) -> Self:
        """What is repeated has a rhythm."""
        if self.retraining and self.retraining_months is None:
            raise ValueError("retraining needs retraining_months")
        return self


class Premium(Part):
    """Rates of a fine-tuned variant that a vendor hosts."""

    base: Name = Field(examples=["gpt-4o-mini"])
    """The model, declared here, whose rates are multiplied."""
    times: Positive = Field(examples=[2])
    """How many times its rates."""


class Asset(Part):
    """A model seen as capital: its fixed costs, which are there whether it is asked or not."""

    training: Training | None = None
    """What it cost to train."""
    hosting: Hosting | None = None
    """What it costs to run."""
    provisioned: Provisioned | None = None
    """Throughput that is kept ready for it, in place of `hosting`."""
    maintenance: Maintenance | None = None
    """What it costs to keep good."""
    premium: Premium | None = None
    """Where its rates are a multiple of another model's; then it has no `prices` of its own."""
    start: Day | None = Field(default=None, alias="from")
    """The first day of hosting and maintenance; default: the training's `in_service`, else always."""
    retired: Day | None = None
    """The first day on which it is gone; what is left of the training's cost is written off on it."""
    requests_per_month: Count | None = Field(default=None, examples=[500000])
    """Requests to spread monthly costs over; default: as training implies, else as seen lately."""
    owner: Name = HOUSE
    """The organisation that bears what no request has borne, such as a month without requests."""
    spread: Spread = Spread.OWNER
    """Who bears what a month's requests have not borne; docs/portfolio.md says how."""
    weights: dict[Name, Count] = Field(default_factory=dict, examples=[{"acme": 3, "globex": 1}])
    """Of organisations, for `spread: weights`."""

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """No two ways to run it, and no end before the beginning."""
        if self.hosting and self.provisioned:
            raise ValueError("has both hosting and provisioned; keep one of them")
        if bool(self.weights) != (self.spread is Spread.WEIGHTS):
            raise ValueError("spread: weights and weights belong together; write both")
        begins = self.start or (self.training.in_service if self.training else None)
        if self.retired and begins and self.retired <= begins:
            raise ValueError("retired is not after its first day; write a later day, or remove the asset")
        return self


def asset(written: Asset) -> domain.Asset:
    """The same in the core's words."""
    return domain.Asset(
        training=_training(written.training) if written.training else None,
        hosting=_hosting(written),
        maintenance=_maintenance(written.maintenance) if written.maintenance else None,
        start=written.start,
        retired=written.retired,
        requests_per_month=written.requests_per_month,
        owner=written.owner,
        spread=written.spread,
        weights=tuple(written.weights.items()),
    )


def _training(written: Training) -> domain.Training:
    same = {each.name: getattr(written, each.name) for each in fields(domain.Training)}
    revisions = sorted(written.revisions, key=lambda each: each.served)
    return domain.Training(
        **same | {"revisions": tuple(domain.Revision(**each.model_dump()) for each in revisions)}
    )


def _hosting(written: Asset) -> domain.Hosting | None:
    if (bought := written.provisioned) is not None:
        each = bought.unit_tokens_per_second
        return domain.Hosting(
            units=bought.units,
            unit_hour=bought.unit_hour,
            tokens_per_second=None if each is None else each * bought.units,
        )
    if (own := written.hosting) is None:
        return None
    return domain.Hosting(
        units=own.gpus or 0,
        unit_hour=own.gpu_hour or Decimal(0),
        monthly=own.monthly or Decimal(0),
        tokens_per_second=own.tokens_per_second,
        measured=own.measured is not None,
        at_once=own.at_once or 1,
        allocation=domain.Allocation(**own.opencost.model_dump()) if own.opencost else None,
    )


def _maintenance(written: Maintenance) -> domain.Maintenance:
    return domain.Maintenance(
        monthly=written.monthly,
        retraining=written.retraining,
        retraining_months=written.retraining_months or 1,
    )
