"""What declared revenue comes to over a period."""

from datetime import date, timedelta
from fractions import Fraction

from routergate.domain.money import NANOS_PER_USD, Nanos
from routergate.domain.revenue import Per, Revenue
from routergate.economics.months import instant, months_between


def within(source: Revenue, since: date, until: date) -> tuple[date, date] | None:
    """The days of a period on which it is earned; `None`: on none of them."""
    first, last = max(since, source.start or since), min(until, source.end or until)
    return (first, last) if first <= last else None


def earned(source: Revenue, since: date, until: date, requests: int, outcomes: int) -> Nanos:
    """Nano-dollars, given what was asked and answered on the days on which it is earned."""
    days = within(source, since, until)
    if days is None:
        return Nanos(0)
    match source.per:
        case Per.REQUEST:
            times = Fraction(requests)
        case Per.OUTCOME:
            times = Fraction(outcomes)
        case _:
            times = source.seats * months_between(instant(days[0]), instant(days[1] + timedelta(days=1)))
    return Nanos(round(Fraction(source.usd) * NANOS_PER_USD * times))
