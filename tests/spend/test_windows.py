from datetime import UTC, datetime
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from routergate.domain.budget import Calendar, Window
from routergate.spend.windows import Span, span

CALENDAR_WINDOWS = [window for window in Window if window is not Window.TOTAL]
FIRST, LAST = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (1990, 2090))
ZONES = sorted(available_timezones() - {"localtime"})

calendars = st.builds(Calendar, timezone=st.sampled_from(ZONES), fiscal_month_start=st.integers(1, 28))
instants = st.integers(FIRST, LAST)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def label(window: Window, when: str, **calendar: str | int) -> str:
    return span(window, Calendar(**calendar), at(when)).label  # type: ignore[arg-type]  # a test's shorthand


def following(found: Span, window: Window, calendar: Calendar) -> Span:
    assert found.end is not None
    return span(window, calendar, found.end)


@given(instants, calendars, st.sampled_from(CALENDAR_WINDOWS))
@example(at("2010-11-07T02:31:30+00:00"), Calendar(timezone="America/St_Johns"), Window.DAY)
@example(at("2010-11-07T02:31:30+00:00"), Calendar(timezone="America/St_Johns"), Window.WEEK)
@example(at("2018-11-04T03:00:00+00:00"), Calendar(timezone="America/Sao_Paulo"), Window.DAY)
@example(at("2011-12-30T09:59:59+00:00"), Calendar(timezone="Pacific/Apia"), Window.DAY)
@example(at("2026-04-04T15:10:00+00:00"), Calendar(timezone="Australia/Lord_Howe"), Window.HOUR)
@example(at("2026-04-04T14:59:59+00:00"), Calendar(timezone="Australia/Lord_Howe"), Window.HOUR)
@example(at("2026-10-03T15:29:59+00:00"), Calendar(timezone="Australia/Lord_Howe"), Window.HOUR)
def test_an_instant_is_in_its_window_and_the_next_one_follows_at_once(
    when: int, calendar: Calendar, window: Window
) -> None:
    found = span(window, calendar, when)
    after = following(found, window, calendar)

    assert when in found
    assert found.start is not None
    assert span(window, calendar, found.start) == found
    assert after.start == found.end
    assert after.label != found.label


@given(calendars, st.sampled_from(CALENDAR_WINDOWS), instants, st.integers(-400, 400), st.integers(0, 86_400))
def test_two_instants_share_a_window_if_and_only_if_they_share_its_label(
    calendar: Calendar, window: Window, when: int, days: int, seconds: int
) -> None:
    one, other = span(window, calendar, when), span(window, calendar, when + days * 86_400 + seconds)

    assert (one.label == other.label) == (one == other)


@pytest.mark.parametrize("zone", ZONES)
def test_every_change_of_a_clock_is_within_or_between_windows(zone: str) -> None:
    """Around midnight, two hours before and after every change of the clock in 2026."""
    calendar = Calendar(timezone=zone)
    for window in (Window.HOUR, Window.DAY):
        for change in changes(zone):
            when, end = change - 7_200, change + 90_000
            while when < end:
                found = span(window, calendar, when)
                assert when in found
                assert found.start == when or when == change - 7_200
                when = found.end or end


def changes(zone: str) -> list[int]:
    """Days in which the zone's clock is changed."""
    place = ZoneInfo(zone)
    days = range(at("2026-01-01T00:00:00+00:00"), at("2026-12-31T00:00:00+00:00"), 86_400)
    offsets = [datetime.fromtimestamp(day, place).utcoffset() for day in days]
    return [day for day, one, other in zip(days, offsets, offsets[1:], strict=False) if one != other]


def test_a_day_has_as_many_hours_as_the_clock_shows() -> None:
    berlin = Calendar(timezone="Europe/Berlin")
    hours = [
        (found.end or 0) - (found.start or 0)
        for day in ("2026-03-28", "2026-03-29", "2026-10-25")
        for found in [span(Window.DAY, berlin, at(f"{day}T12:00:00+01:00"))]
    ]
    assert hours == [24 * 3600, 23 * 3600, 25 * 3600]


def test_where_midnight_does_not_exist_the_day_begins_at_one() -> None:
    found = span(Window.DAY, Calendar(timezone="America/Sao_Paulo"), at("2018-11-04T12:00:00-02:00"))
    assert found.start == at("2018-11-04T01:00:00-02:00")


def test_a_day_that_does_not_exist_has_no_window() -> None:
    apia = Calendar(timezone="Pacific/Apia")
    before = span(Window.DAY, apia, at("2011-12-29T23:00:00-10:00"))
    assert (before.label, following(before, Window.DAY, apia).label) == ("2011-12-29", "2011-12-31")


def test_what_the_clock_shows_of_the_old_day_after_midnight_is_in_the_new_one() -> None:
    """In St. John's the clock went back at one minute past midnight."""
    johns = Calendar(timezone="America/St_Johns")
    assert span(Window.DAY, johns, at("2010-11-06T23:30:00-02:30")).label == "2010-11-06"
    assert span(Window.DAY, johns, at("2010-11-06T23:30:00-03:30")).label == "2010-11-07"


def test_the_two_hours_of_one_name_are_told_by_their_offset() -> None:
    berlin = {"timezone": "Europe/Berlin"}
    assert label(Window.HOUR, "2026-10-25T02:30:00+02:00", **berlin) == "2026-10-25T02:00+02:00"
    assert label(Window.HOUR, "2026-10-25T02:30:00+01:00", **berlin) == "2026-10-25T02:00+01:00"


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window.MINUTE, "2026-11-21T05:29+05:30"),
        (Window.HOUR, "2026-11-21T05:00+05:30"),
        (Window.DAY, "2026-11-21"),
        (Window.WEEK, "2026-W47"),
        (Window.MONTH, "2026-11"),
        (Window.FISCAL_MONTH, "2026-10-26"),
        (Window.QUARTER, "2026-Q4"),
        (Window.YEAR, "2026"),
        (Window.TOTAL, "ever"),
    ],
)
def test_a_window_is_called_by_the_local_calendar(window: Window, expected: str) -> None:
    assert (
        label(window, "2026-11-20T23:59:30+00:00", timezone="Asia/Kolkata", fiscal_month_start=26) == expected
    )


def test_a_fiscal_month_begins_on_its_day() -> None:
    assert label(Window.FISCAL_MONTH, "2026-03-01T00:00:00+00:00", fiscal_month_start=28) == "2026-02-28"
    assert label(Window.FISCAL_MONTH, "2026-03-28T00:00:00+00:00", fiscal_month_start=28) == "2026-03-28"
    assert label(Window.FISCAL_MONTH, "2026-01-05T00:00:00+00:00", fiscal_month_start=6) == "2025-12-06"


def test_the_whole_has_no_bounds() -> None:
    found = span(Window.TOTAL, Calendar(), 0)
    assert (found.start, found.end, 0 in found) == (None, None, True)
