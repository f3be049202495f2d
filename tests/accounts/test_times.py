import pytest

from routergate.accounts.times import SECOND, instant, shown, span
from routergate.domain.errors import InvalidRequest

NOW = 1_700_000_000 * SECOND


@pytest.mark.parametrize(
    ("text", "seconds"), [("0s", 0), ("30m", 1_800), ("24h", 86_400), ("90d", 7_776_000), ("2w", 1_209_600)]
)
def test_a_span_has_a_unit(text: str, seconds: int) -> None:
    assert span(text, "overlap") == seconds * SECOND


@pytest.mark.parametrize("text", ["", "24", "h", "-1h", "1.5h", "24 h", "1y", "9999999999w", "٣h"])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        span(text, "overlap")
    assert raised.value.param == "overlap"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2027-01-31", "2027-01-31T00:00:00Z"),
        ("2027-01-31T18:00:00Z", "2027-01-31T18:00:00Z"),
        ("2027-01-31T18:00:00+02:00", "2027-01-31T16:00:00Z"),
        ("90d", "2024-02-12T22:13:20Z"),
    ],
)
def test_an_instant_is_a_day_a_time_or_a_span_from_now(text: str, expected: str) -> None:
    assert shown(instant(text, NOW, "expires")) == expected


@pytest.mark.parametrize("text", ["", "tomorrow", "2027-02-30", "31.01.2027", "90y"])
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        instant(text, NOW, "expires")
    assert raised.value.param == "expires"


def test_no_instant_is_shown_as_none() -> None:
    assert shown(None) is None
