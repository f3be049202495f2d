"""What a model cost once, written off over its life.

Everything is the difference of two cumulative amounts, each rounded once: so the parts of a period add up to
the charge of the whole, to the nano-dollar.
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from routergate.domain.asset import Method, Training
from routergate.domain.money import NANOS_PER_USD, Nanos
from routergate.economics.months import instant, months_between


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """An amount over a number of requests, until it is used up."""

    amount: Nanos
    requests: int

    def written_off(self, served: int) -> Nanos:
        """After so many requests."""
        return Nanos(round(Fraction(self.amount * min(served, self.requests), self.requests)))

    @property
    def each(self) -> Fraction:
        """Nano-dollars for one request."""
        return Fraction(self.amount, self.requests)

    def trued_up(self, served: int, remaining: int) -> "Spread":
        """What is left after `served` requests, over as many as are now expected to come.

        What was charged stays as it was.
        """
        return Spread(amount=Nanos(self.amount - self.written_off(served)), requests=remaining)


def spread(training: Training) -> Spread:
    """All that is to be written off, over the requests of its life."""
    if training.expected_requests is None:
        raise ValueError("only a cost with expected_requests can be spread over requests")
    return Spread(amount=_depreciable(training), requests=training.expected_requests)


def plan(training: Training, served: int) -> tuple[Spread, int]:
    """The spread that the next request falls under, and how many requests came before it began."""
    found, begun = spread(training), 0
    for revision in training.revisions:
        if revision.served <= served:
            found = found.trued_up(revision.served - begun, revision.remaining_requests)
            begun = revision.served
    return found, begun


def written_off(training: Training, at: int, served: int, retired: date | None = None) -> Nanos:
    """All up to an instant, at which it has served `served` requests since it went into service."""
    if retired is not None and at >= instant(retired):
        return _depreciable(training)
    if training.method is Method.UNITS_OF_PRODUCTION:
        current, begun = plan(training, served)
        left = current.amount - current.written_off(served - begun)
        return Nanos(_depreciable(training) - left)
    age = max(months_between(instant(training.in_service), at), Fraction(0))
    return Nanos(round(_by_age(training, age)))


def book_value(training: Training, at: int, served: int, retired: date | None = None) -> Nanos:
    """What of the cost is not written off yet; nothing before it is in service or once it is retired."""
    if at < instant(training.in_service) or (retired is not None and at >= instant(retired)):
        return Nanos(0)
    return Nanos(_nanos(training.cost) - written_off(training, at, served))


def write_off(training: Training, retired: date, served: int) -> Nanos:
    """What is written off at once when it is retired."""
    return Nanos(_depreciable(training) - written_off(training, instant(retired), served))


def monthly(training: Training, at: int) -> Fraction:
    """Nano-dollars that the month of its life at an instant is charged; nothing before and after its life."""
    age = months_between(instant(training.in_service), at)
    if age < 0:
        return Fraction(0)
    whole = Fraction(int(age))
    return _by_age(training, whole + 1) - _by_age(training, whole)


def _by_age(training: Training, months: Fraction) -> Fraction:
    life = training.life_months or 0
    if months >= life:
        return Fraction(_depreciable(training))
    if training.method is Method.DECLINING_BALANCE:
        return _declining(training, life, months)
    return _depreciable(training) * months / life


def _declining(training: Training, life: int, months: Fraction) -> Fraction:
    """Month by month; within a month evenly."""
    share = Fraction(training.factor) / life
    salvage = _nanos(training.salvage)
    book = Fraction(_nanos(training.cost))
    for month in range(int(months) + 1):
        charge = min(max(book * share, (book - salvage) / (life - month)), book - salvage)
        book -= charge * min(months - month, Fraction(1))
    return _nanos(training.cost) - book


def _depreciable(training: Training) -> Nanos:
    return Nanos(_nanos(training.cost) - _nanos(training.salvage))


def _nanos(dollars: object) -> int:
    return round(Fraction(str(dollars)) * NANOS_PER_USD)
