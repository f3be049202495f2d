"""What machines ask: health, readiness, metrics; and a caller's own usage."""

from aiohttp import web

from routergate.api.caller import key_of
from routergate.api.period import period
from routergate.api.services import SERVICES


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


async def usage(request: web.Request) -> web.Response:
    """The caller's own totals: `since`, `until` (days, inclusive) and `by` (comma-separated)."""
    services = request.app[SERVICES]
    identity = await services.gateway().keyring.identify(key_of(request.headers), request.remote)
    since, until = period(request)
    by = [name for name in request.query.get("by", "day,model").split(",") if name]
    return web.json_response(await services.usage(identity, since, until, by))
