"""Time in months of the calendar (UTC), exactly: a whole month is 1, however many days it has."""

from datetime import date, timedelta
from fractions import Fraction

NANOS_PER_SECOND = 1_000_000_000
HOUR = 3_600 * NANOS_PER_SECOND
_EPOCH = date(1970, 1, 1)


def instant(day: date) -> int:
    """Where a day begins, nanoseconds since the epoch."""
    return (day - _EPOCH).days * 24 * HOUR


def day_of(at: int) -> date:
    """The day of an instant."""
    return _EPOCH + timedelta(days=at // (24 * HOUR))


def month_of(at: int) -> date:
    """The first day of the month of an instant."""
    return day_of(at).replace(day=1)


def following(month: date) -> date:
    """The first day of the next month."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def preceding(month: date) -> date:
    """The first day of the month before."""
    return date(month.year - (month.month == 1), (month.month - 2) % 12 + 1, 1)


def position(at: int) -> Fraction:
    """Months since the year 0; the difference of two is how many months lie between them."""
    month = month_of(at)
    begin, end = instant(month), instant(following(month))
    return 12 * month.year + month.month + Fraction(at - begin, end - begin)


def months_between(since: int, until: int) -> Fraction:
    """How many months of the calendar, in parts of each month's own length."""
    return position(until) - position(since)


def cut(since: int, until: int, start: date | None, end: date | None) -> tuple[int, int]:
    """What of a period lies between two days; empty periods begin where they end."""
    first = since if start is None else max(since, instant(start))
    last = until if end is None else min(until, instant(end))
    return first, max(first, last)
