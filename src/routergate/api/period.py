"""The days that a report is asked for."""

from datetime import UTC, date, datetime
from typing import Final

from aiohttp import web

from routergate.api.services import SERVICES
from routergate.domain.errors import InvalidRequest

MOST_DAYS: Final = 400
YEARS: Final = range(1970, 2100)


def period(request: web.Request, usually: int = 31) -> tuple[date, date]:
    """The first and the last day (UTC), both included; without them, the last `usually` days with today."""
    until = _day(request, "until", _today(request))
    since = _day(request, "since", date.fromordinal(max(until.toordinal() - usually + 1, 1)))
    if not 1 <= (until - since).days + 1 <= MOST_DAYS:
        raise InvalidRequest(f"A period has 1 to {MOST_DAYS} days.", param="since")
    return since, until


def _today(request: web.Request) -> date:
    return datetime.fromtimestamp(request.app[SERVICES].gateway().clock.epoch_ns() / 1e9, UTC).date()


def _day(request: web.Request, name: str, default: date) -> date:
    try:
        found = date.fromisoformat(request.query.get(name) or default.isoformat())
    except ValueError:
        found = date.min
    if found.year not in YEARS:
        raise InvalidRequest(f"'{name}' is a day such as 2026-01-31.", param=name)
    return found
