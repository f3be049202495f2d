"""What may be written about customers and what they are charged."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import Field, model_validator

from routergate.config.assets import Positive
from routergate.config.costs import Rates
from routergate.config.part import Part
from routergate.config.scalars import Count, CurrencyCode, Day, Dollars, Line, Markup, Name
from routergate.domain.plan import USD, Basis, Detail, Unit

Addressed = tuple[Line, ...]


class CostPlus(Part):
    """What requests cost, and a share on top."""

    markup: Markup = Field(examples=[0.3])
    """The share that is added."""
    floor: Dollars = Field(default=Decimal(0), examples=[0.0005])
    """USD that each request is charged at least."""
    basis: Basis = Basis.LOADED
    """Which cost: with the share of the models' fixed costs, or without."""


class Charged(Rates):
    """What tokens are charged at, in USD per million."""

    per_request: Dollars = Decimal(0)
    """USD per request that a model answered, on top of the tokens."""


class Sheet(Charged):
    """A rate card of your own: the same price whichever model answers."""

    routes: dict[Name, Charged] = Field(default_factory=dict)
    """Other rates for some routes, by the name that requests ask for."""


class Tier(Part):
    """A price up to some volume."""

    price: Dollars = Field(examples=[4])
    """USD."""
    up_to: Count | None = Field(default=None, examples=[10000000])
    """The last unit at this price; the last tier has none."""


class Tiers(Part):
    """A price that depends on how much is used in a month."""

    unit: Unit = Unit.TOKENS
    """What is counted."""
    per: Count | None = Field(default=None, examples=[1000000])
    """The price is for so many units; default: a million tokens, or one request."""
    steps: tuple[Tier, ...] = Field(min_length=1)
    """The tiers, lowest first."""
    whole: bool = False
    """Whether the price of the tier that is reached holds for all units, not only for those in it."""

    @model_validator(mode="after")
    def rising(self) -> Self:
        """Every tier but the last ends, each after the one before it."""
        limits = [step.up_to for step in self.steps[:-1]]
        if None in limits or self.steps[-1].up_to is not None:
            raise ValueError("write up_to in every step but the last one")
        if limits != sorted(set(limits), key=lambda limit: limit or 0):
            raise ValueError("each step must end after the one before it; put them in order")
        return self


class Seats(Part):
    """A price for each person, with some usage in it."""

    price: Dollars = Field(examples=[30])
    """USD a month."""
    included: Dollars = Decimal(0)
    """Usage a month: units where the plan has tiers, else USD."""


class Plan(Part):
    """How customers are charged for a month. In a part of a month all but usage is by the day."""

    cost_plus: CostPlus | None = None
    """Usage at what it costs, and a share on top."""
    rates: Sheet | None = None
    """Usage at rates of your own, in place of `cost_plus`."""
    tiers: Tiers | None = None
    """Usage at a price that depends on how much there is, in place of `cost_plus`."""
    fee: Dollars = Decimal(0)
    """USD a month."""
    seats: Seats | None = None
    """USD for each person and month; how many there are stands with the customer."""
    included: Dollars = Decimal(0)
    """Usage a month for all: units where the plan has `tiers`, else USD."""
    minimum: Dollars = Decimal(0)
    """USD that a month comes to at least."""

    @model_validator(mode="after")
    def one_price(self) -> Self:
        """Usage has one price."""
        ways = [name for name in ("cost_plus", "rates", "tiers") if getattr(self, name) is not None]
        if len(ways) > 1:
            raise ValueError(f"has {' and '.join(ways)}; keep one of them")
        if not ways and (self.included or (self.seats and self.seats.included)):
            raise ValueError("includes usage that costs nothing; remove included, or add a price")
        return self


class Term(Part):
    """A plan that a customer is on."""

    plan: Name = Field(examples=["pro"])
    """Which."""
    start: Day = Field(alias="from", examples=["2026-01-01"])
    """Its first day (UTC)."""
    ends: Day | None = Field(default=None, examples=["2027-01-01"])
    """The first day after it; default: where the next one begins, or never."""
    seats: Annotated[int, Field(ge=0, le=10**9)] = 0
    """How many people."""


class Credit(Part):
    """What a customer has paid before."""

    amount: Dollars = Field(examples=[1000])
    """In the customer's currency."""
    start: Day = Field(alias="from", examples=["2026-01-01"])
    """The first month from which it is drawn has this day."""
    expires: Day | None = Field(default=None, examples=["2027-01-01"])
    """The first day on which what is left is gone; default: never."""


class Customer(Part):
    """Somebody who is charged for requests."""

    organisation: Name = Field(examples=["acme"])
    """Who charges."""
    customer: Name | None = None
    """The name that requests bear; default: the key."""
    name: Line | None = Field(default=None, examples=["Globex Corporation"])
    """The name on invoices; default: the key."""
    address: Addressed = ()
    """Lines below the name."""
    currency: CurrencyCode = USD
    """Of invoices; another one than USD needs a rate in `currencies`."""
    detail: Detail = Detail.NONE
    """By what invoices list how much was used. Models are only shown with `model`."""
    plans: tuple[Term, ...] = Field(min_length=1)
    """What it is charged by, from when to when."""
    credits: tuple[Credit, ...] = ()
    """What it has paid before; drawn by invoices, first what expires first."""


class Issuer(Part):
    """Who writes invoices."""

    name: Line | None = Field(default=None, examples=["Acme Inc."])
    """The name on invoices; default: the organisation's."""
    address: Addressed = ()
    """Lines below the name, such as a tax number."""
    prefix: Line = Field(default="", examples=["ACME-"])
    """Before the numbers of its invoices."""


class Rate(Part):
    """What a currency is worth."""

    start: Day = Field(alias="from", examples=["2026-01-01"])
    """The first day (UTC) of this rate."""
    usd: Positive = Field(examples=[1.08])
    """USD for one of it."""
