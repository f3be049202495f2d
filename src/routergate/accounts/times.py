"""Instants and spans as people write them."""

import re
from datetime import UTC, datetime

from routergate.domain.errors import InvalidRequest

SECOND = 1_000_000_000
"""Nanoseconds."""
UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
LONGEST = 100 * 366 * 86_400
"""Seconds. Whoever means longer than a century means for ever."""


def span(text: str, param: str) -> int:
    """The nanoseconds of `90d`, `24h`, `30m` or `0s`; raises `InvalidRequest` naming `param`."""
    written = re.fullmatch(r"([0-9]{1,10})([smhdw])", text)
    seconds = int(written[1]) * UNITS[written[2]] if written else LONGEST + 1
    if seconds > LONGEST:
        raise InvalidRequest(f"'{param}' takes a span such as 90d, 24h or 30m.", param=param)
    return seconds * SECOND


def instant(text: str, now: int, param: str) -> int:
    """When a day (UTC) or an instant begins, or a span from `now` ends; raises `InvalidRequest`."""
    if re.fullmatch(r"[0-9]+[a-z]", text):
        return now + span(text, param)
    try:
        written = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidRequest(
            f"'{param}' takes a day such as 2027-01-31, an instant such as 2027-01-31T18:00:00Z, "
            "or a span such as 90d.",
            param=param,
        ) from None
    return int((written if written.tzinfo else written.replace(tzinfo=UTC)).timestamp()) * SECOND


def shown(nanoseconds: int | None) -> str | None:
    """An instant as everyone reads it, to the second; `None` stays so."""
    if nanoseconds is None:
        return None
    return datetime.fromtimestamp(nanoseconds // SECOND, UTC).isoformat().replace("+00:00", "Z")
