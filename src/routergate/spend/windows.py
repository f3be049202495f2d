"""Calendar windows: the one an instant is in, in an organisation's time zone."""

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from routergate.domain.budget import Calendar, Window

FOREVER = "ever"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """One window: its name, and its bounds in seconds since the epoch."""

    label: str
    start: int | None
    end: int | None
    """The first instant that is not in it; `None`: it has no end."""

    def __contains__(self, at: int) -> bool:
        return (self.start is None or self.start <= at) and (self.end is None or at < self.end)


def span(window: Window, calendar: Calendar, at: int) -> Span:
    """The window that the instant `at` (seconds since the epoch) is in."""
    if window is Window.TOTAL:
        return Span(FOREVER, None, None)
    if window in _CLOCK:
        return _clock_span(window, calendar, at)
    day = datetime.fromtimestamp(at, ZoneInfo(calendar.timezone)).date()
    # Where the clock goes back over midnight, some of the old day is shown again when the new one has begun.
    days = (day, day + ONE_DAY, day - ONE_DAY)
    return next(found for one in days if at in (found := _days(window, calendar, one)))


def local(at: int, calendar: Calendar) -> str:
    """An instant, seconds since the epoch, as clocks of the organisation show it; ISO 8601."""
    return datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(calendar.timezone)).isoformat()


@lru_cache(maxsize=256)
def _days(window: Window, calendar: Calendar, day: date) -> Span:
    first = _FIRST[window](day, calendar)
    following = _FIRST[window](first + _LONGER[window], calendar)
    return Span(_LABEL[window](first), _midnight(first, calendar), _midnight(following, calendar))


def _clock_span(window: Window, calendar: Calendar, at: int) -> Span:
    """Minutes and hours by the clock on the wall; one that is in force when the clock is changed ends there.

    The offset tells the two hours of one name.
    """
    length, zone = _CLOCK[window], ZoneInfo(calendar.timezone)
    offset = _offset(zone, at)
    start = (at + offset) // length * length - offset
    label = datetime.fromtimestamp(start, timezone(timedelta(seconds=offset))).isoformat(timespec="minutes")
    began = start if _offset(zone, start) == offset else _change(zone, start, at)
    ends = start + length
    return Span(label, began, ends if _offset(zone, ends - 1) == offset else _change(zone, at, ends - 1))


def _offset(zone: ZoneInfo, at: int) -> int:
    """Seconds east of Greenwich."""
    return int((datetime.fromtimestamp(at, zone).utcoffset() or timedelta()).total_seconds())


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first instant at which a clock is set as it is `after`, and no longer as it was `before`."""
    old = _offset(zone, before)
    return before + bisect_left(range(before, after), 1, key=lambda at: int(_offset(zone, at) != old))


def _midnight(day: date, calendar: Calendar) -> int:
    """The first instant of a day, in seconds since the epoch, also where its first hour does not exist."""
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(calendar.timezone))
    return int(local.astimezone(UTC).timestamp())


def _fiscal_month(day: date, calendar: Calendar) -> date:
    begins = calendar.fiscal_month_start
    month = day if day.day >= begins else day.replace(day=1) - timedelta(days=1)
    return month.replace(day=begins)


_CLOCK: Mapping[Window, int] = {Window.MINUTE: 60, Window.HOUR: 3600}
_FIRST: Mapping[Window, Callable[[date, Calendar], date]] = {
    Window.DAY: lambda day, _: day,
    Window.WEEK: lambda day, _: day - timedelta(days=day.weekday()),
    Window.MONTH: lambda day, _: day.replace(day=1),
    Window.FISCAL_MONTH: _fiscal_month,
    Window.QUARTER: lambda day, _: day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1),
    Window.YEAR: lambda day, _: day.replace(month=1, day=1),
}
_LONGER: Mapping[Window, timedelta] = {
    Window.DAY: timedelta(days=1),
    Window.WEEK: timedelta(days=7),
    Window.MONTH: timedelta(days=31),
    Window.FISCAL_MONTH: timedelta(days=31),
    Window.QUARTER: timedelta(days=93),
    Window.YEAR: timedelta(days=366),
}
"""From the first day of a window into the next one, whatever its length, and not beyond it."""
_LABEL: Mapping[Window, Callable[[date], str]] = {
    Window.DAY: date.isoformat,
    Window.WEEK: lambda day: "{}-W{:02}".format(*day.isocalendar()[:2]),
    Window.MONTH: lambda day: f"{day:%Y-%m}",
    Window.FISCAL_MONTH: date.isoformat,
    Window.QUARTER: lambda day: f"{day.year}-Q{(day.month + 2) // 3}",
    Window.YEAR: lambda day: f"{day.year}",
}
