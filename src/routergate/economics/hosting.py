"""What it costs to have a model ready, on two bases: all of it, or only while it is busy."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from routergate.domain.asset import Hosting, Maintenance, Use
from routergate.domain.money import NANOS_PER_USD, Nanos
from routergate.economics.months import HOUR, NANOS_PER_SECOND, cut, following, instant, month_of, position


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """A hosting bill, apart: what the work took, and what was paid for nothing."""

    busy: Nanos
    idle: Nanos
    utilisation: Fraction
    """The busy share, 0 to 1."""


def hosting_charge(
    hosting: Hosting, since: int, until: int, start: date | None = None, end: date | None = None
) -> Nanos:
    """The bill between two instants, of the time from day `start` to day `end`.

    Periods that follow each other add up to the bill of all of them.
    """
    first, last = cut(since, until, start, end)
    return Nanos(round(_hosted(hosting, last)) - round(_hosted(hosting, first)))


def busy_seconds(hosting: Hosting, use: Use) -> Fraction | None:
    """How long it was busy; requests that nobody timed took as long as the others. `None`: none was timed."""
    if not use.timed:
        return None if use.untimed else Fraction(0)
    each = Fraction(use.milliseconds, 1000 * use.timed)
    return each * (use.timed + use.untimed) / hosting.at_once


def measured_charge(hosting: Hosting, busy: Fraction, seconds: Fraction) -> Nanos:
    """The bill of so many busy seconds, in `seconds` at most."""
    hours = min(busy, seconds) / 3_600
    return Nanos(round(Fraction(hosting.unit_hour) * hosting.units * hours * NANOS_PER_USD))


def measured_split(bill: Nanos, busy: Fraction, seconds: Fraction) -> Split | None:
    """A bill without idle time; `None` in no time."""
    if not seconds:
        return None
    return Split(busy=bill, idle=Nanos(0), utilisation=min(busy / seconds, Fraction(1)))


def maintenance_charge(
    maintenance: Maintenance, since: int, until: int, start: date | None = None, end: date | None = None
) -> Nanos:
    """The same, of what keeps the model good."""
    first, last = cut(since, until, start, end)
    per_month = upkeep(maintenance)
    return Nanos(round(per_month * position(last)) - round(per_month * position(first)))


def hosting_month(hosting: Hosting, at: int) -> Fraction:
    """Nano-dollars for the whole month of an instant."""
    month = month_of(at)
    return _hosted(hosting, instant(following(month))) - _hosted(hosting, instant(month))


def upkeep(maintenance: Maintenance) -> Fraction:
    """Nano-dollars per month."""
    return Fraction(maintenance.per_month) * NANOS_PER_USD


def allocated(bill: Nanos, served: int) -> Fraction | None:
    """Nano-dollars for each token or request served, idle time included; `None` if none was."""
    return Fraction(bill, served) if served else None


def split(hosting: Hosting, bill: Nanos, tokens: int, seconds: Fraction) -> Split | None:
    """The bill of a period by use; `None` where nobody knows what the hosting can do, or in no time.

    Tokens beyond what it is said to be able to do make it busy, not more than busy.
    """
    if not hosting.tokens_per_second or not seconds:
        return None
    share = min(tokens / (Fraction(hosting.tokens_per_second) * seconds), Fraction(1))
    busy = round(bill * share)
    return Split(busy=Nanos(busy), idle=Nanos(bill - busy), utilisation=share)


def active_seconds(since: int, until: int, start: date | None = None, end: date | None = None) -> Fraction:
    """How long of a period it was there."""
    first, last = cut(since, until, start, end)
    return Fraction(last - first, NANOS_PER_SECOND)


def per_million(bill: Nanos, tokens: int) -> Decimal | None:
    """Dollars per million tokens served; `None` if none was."""
    return Decimal(bill) * 1_000_000 / (NANOS_PER_USD * tokens) if tokens else None


def _hosted(hosting: Hosting, at: int) -> Fraction:
    """Nano-dollars from some point in time on."""
    by_hour = Fraction(hosting.unit_hour) * hosting.units * Fraction(at, HOUR)
    return (by_hour + Fraction(hosting.monthly) * position(at)) * NANOS_PER_USD
