"""What operators and machines ask: health, readiness, metrics, a reload; and a caller's own usage."""

import hmac
from datetime import UTC, date, datetime, timedelta

from aiohttp import web

from routergate.api.caller import key_of
from routergate.api.services import SERVICES
from routergate.domain.errors import Forbidden, InvalidRequest, Unauthenticated

MOST_ROWS = 1000
LONGEST_PERIOD = timedelta(days=400)


async def healthz(_: web.Request) -> web.Response:
    """Whether the process is alive."""
    return web.json_response({"status": "ok"})


async def readyz(request: web.Request) -> web.Response:
    """Whether it can serve, and how the last reload went."""
    ready, report = await request.app[SERVICES].readiness()
    return web.json_response(report, status=200 if ready else 503)


async def metrics(request: web.Request) -> web.Response:
    """Prometheus' text format or OpenMetrics, as the scraper accepts it; all workers together."""
    accept = request.headers.get("Accept", "")
    body, content_type = await request.app[SERVICES].exposition(accept)
    return web.Response(body=body, headers={"Content-Type": content_type})


async def reload(request: web.Request) -> web.Response:
    """Take up the configuration anew, or say what is wrong with it and change nothing."""
    check_admin(request)
    problems = await request.app[SERVICES].reload()
    if problems:
        return web.json_response({"reloaded": False, "problems": list(problems)}, status=422)
    return web.json_response({"reloaded": True})


async def usage(request: web.Request) -> web.Response:
    """The caller's own totals: `since`, `until` (days, inclusive) and `by` (comma-separated)."""
    services = request.app[SERVICES]
    identity = await services.gateway().keyring.identify(key_of(request.headers), request.remote)
    today = datetime.fromtimestamp(services.gateway().clock.epoch_ns() / 1e9, UTC).date()
    until = _day(request, "until", today)
    since = _day(request, "since", until - timedelta(days=30))
    if not timedelta(0) <= until - since <= LONGEST_PERIOD:
        raise InvalidRequest(f"A period has 1 to {LONGEST_PERIOD.days} days.", param="since")
    by = [name for name in request.query.get("by", "day,model").split(",") if name]
    return web.json_response(await services.usage(identity, since, until, by))


async def budgets(request: web.Request) -> web.Response:
    """How budgets and limits stand: of one `organisation` or of all, `limit` rows after the first `after`."""
    check_admin(request)
    organisation = request.query.get("organisation")
    after, most = _number(request, "after", 0, 10**9), _number(request, "limit", 100, MOST_ROWS)
    return web.json_response(await request.app[SERVICES].budgets(organisation, after, most))


def check_admin(request: web.Request) -> None:
    """Raise `Forbidden` or `Unauthenticated` unless the request carries the admin key."""
    wanted = request.app[SERVICES].admin_key
    if not wanted:
        raise Forbidden("The admin API is off: set ROUTERGATE_ADMIN_KEY to switch it on.")
    given = (key_of(request.headers) or "").encode(errors="surrogateescape")
    if not hmac.compare_digest(given, wanted.encode()):
        raise Unauthenticated("The admin key is wrong.")


def _number(request: web.Request, name: str, default: int, most: int) -> int:
    text = request.query.get(name, str(default))
    if not (text.isascii() and text.isdigit()) or len(text) > 10 or int(text) > most:
        raise InvalidRequest(f"'{name}' is a number from 0 to {most}.", param=name)
    return int(text)


def _day(request: web.Request, name: str, default: date) -> date:
    text = request.query.get(name)
    try:
        return date.fromisoformat(text) if text else default
    except ValueError:
        raise InvalidRequest(f"'{name}' is a day such as 2026-01-31.", param=name) from None
