"""What customers are charged: plans, who is on which from when to when, and in what currency."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from routergate.domain.errors import RouterGateError
from routergate.domain.rates import Rates

NOTHING = Decimal(0)
USD = "USD"


class Basis(StrEnum):
    """Which cost a price is made from."""

    MARGINAL = "marginal"
    LOADED = "loaded"


class Unit(StrEnum):
    """What tiers count."""

    TOKENS = "tokens"
    REQUESTS = "requests"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPlus:
    """What requests cost, and a share on top of it."""

    markup: Decimal
    """0.3 is 30 per cent."""
    floor: Decimal = NOTHING
    """Dollars that each request is charged at least."""
    basis: Basis = Basis.LOADED

    @property
    def threshold(self) -> int:
        """The cost in nano-dollars from which on a request's price is not below the floor."""
        exact = Fraction(self.floor) * 1_000_000_000 / (1 + Fraction(self.markup))
        return -(-exact.numerator // exact.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens(Rates):
    """A rate card for customers: dollars per million tokens, and per request."""

    per_request: Decimal = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class RateSheet:
    """The same price whichever model answers."""

    rates: Tokens
    routes: Mapping[str, Tokens] = field(default_factory=dict)
    """Other rates for some routes."""

    def of(self, route: str) -> Tokens:
        """The rates of requests that asked for a route."""
        return self.routes.get(route, self.rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A price up to some volume."""

    price: Decimal
    """Dollars."""
    up_to: int | None = None
    """Units, the last one included; `None`: without end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """A price that depends on how much is used in a month."""

    unit: Unit
    per: int
    """The price is for so many units."""
    steps: tuple[Tier, ...]
    """Lowest first."""
    whole: bool = False
    """Whether the price of the highest tier that is reached holds for all units, not only for those in it."""

    def __post_init__(self) -> None:
        limits = [step.up_to for step in self.steps[:-1]]
        rising = [limit for limit in limits if limit is not None]
        if not self.steps or len(rising) < len(limits) or rising != sorted(set(rising)):
            raise ValueError(f"tiers must rise, and only the last one can have no end: {self.steps!r}")
        if self.steps[-1].up_to is not None:
            raise ValueError(f"the last tier must have no end: {self.steps!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seats:
    """A price for each person, with some usage in it."""

    price: Decimal
    """Dollars a month."""
    included: Decimal = NOTHING
    """A month: units where the plan has tiers, else dollars of usage."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a customer is charged for a month. In a part of a month, all but usage is by the day."""

    id: str
    usage: CostPlus | RateSheet | Tiers | None = None
    """`None`: usage costs nothing."""
    fee: Decimal = NOTHING
    """Dollars a month."""
    seats: Seats | None = None
    included: Decimal = NOTHING
    """A month, whoever uses it: units where the plan has tiers, else dollars of usage."""
    minimum: Decimal = NOTHING
    """Dollars a month, all other charges included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A plan, from one day to another."""

    plan: Plan
    since: date
    until: date | None = None
    """The first day after it; `None`: open."""
    seats: int = 0

    def within(self, first: date, end: date) -> tuple[date, date] | None:
        """What of a period, up to the day before `end`, it covers."""
        since, until = max(first, self.since), min(end, self.until or end)
        return (since, until) if since < until else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """Paid before, and drawn until it is used up."""

    amount: Decimal
    """In the customer's currency."""
    since: date
    until: date | None = None
    """The first day on which what is left of it is gone."""


class Detail(StrEnum):
    """By what an invoice tells how much was used."""

    NONE = "none"
    FEATURE = "feature"
    ROUTE = "route"
    MODEL = "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """Somebody who is charged."""

    id: str
    """As the ledger has it."""
    organisation: str
    """Who charges."""
    name: str
    address: tuple[str, ...] = ()
    currency: str = USD
    detail: Detail = Detail.NONE
    terms: tuple[Term, ...] = ()
    """Oldest first; no two of them on one day."""
    credits: tuple[Credit, ...] = ()

    def __post_init__(self) -> None:
        for earlier, later in zip(self.terms, self.terms[1:], strict=False):
            if earlier.until is None or earlier.until > later.since:
                raise ValueError(f"customer {self.id!r}: two plans on {later.since}")

    def on(self, first: date, end: date) -> Iterator[tuple[Term, date, date]]:
        """The plans of a period, up to the day before `end`, and the days of each."""
        for term in self.terms:
            if days := term.within(first, end):
                yield term, *days

    def gaps(self, first: date, end: date) -> Iterator[tuple[date, date]]:
        """The days of a period on which there is no plan."""
        for _, since, until in self.on(first, end):
            if first < since:
                yield first, since
            first = until
        if first < end:
            yield first, end


COINS = {"JPY": 0, "KRW": 0, "VND": 0, "CLP": 0, "ISK": 0, "BHD": 3, "KWD": 3, "OMR": 3, "JOD": 3, "TND": 3}
"""Digits behind the point, where they are not two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """What a currency is worth from a day on."""

    since: date
    usd: Decimal
    """Dollars for one of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Currency:
    """What amounts are shown and rounded in."""

    code: str = USD
    usd: Decimal = Decimal(1)
    """Dollars for one of it."""
    places: int = 2

    def amount(self, dollars: Fraction) -> Decimal:
        """The same in this currency, rounded half to even to its smallest coin."""
        exact = dollars / Fraction(self.usd) * 10**self.places
        return Decimal(round(exact)).scaleb(-self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who writes invoices."""

    name: str
    address: tuple[str, ...] = ()
    prefix: str = ""
    """Before the numbers of its invoices."""
    font: str | None = None
    """The TrueType file that PDFs are written with; `None`: one that knows Western European letters."""

    def number(self, place: int) -> str:
        """The number of its n-th document."""
        return f"{self.prefix}{place:06d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Billing:
    """Who is charged what, by whom, in which currency."""

    customers: Mapping[str, Customer] = field(default_factory=dict)
    """By the name that the configuration has for them."""
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    """By organisation."""
    currencies: Mapping[str, tuple[ExchangeRate, ...]] = field(default_factory=dict)
    """Oldest first."""

    def currency(self, code: str, on: date) -> Currency | None:
        """A currency at the rate of a day; `None` if there is none."""
        if code == USD:
            return Currency()
        rates = [rate for rate in self.currencies.get(code, ()) if rate.since <= on]
        return Currency(code=code, usd=rates[-1].usd, places=COINS.get(code, 2)) if rates else None

    def issuer(self, organisation: str) -> Issuer:
        """An organisation as it writes invoices."""
        return self.issuers.get(organisation, Issuer(name=organisation))


class NotInvoiceable(RouterGateError):
    """A customer's month that has no price yet, with what is missing."""
