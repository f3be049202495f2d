"""Requests as spans, where requests are traced."""

from collections.abc import Sequence
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from routergate.api.services import Services, Tracing

UNKNOWN: Final = "unknown"
"""In place of a path that nobody has registered: it may be anything."""


def tracers(services: Services) -> Sequence[Middleware]:
    """What makes a span of each request for an answer; nothing where nobody traces."""
    return [] if services.tracing is None else [_traced(services.tracing)]


def _traced(tracing: Tracing) -> Middleware:
    @web.middleware
    async def traced(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/v1/"):
            return await handler(request)
        with tracing.request(request.method, _registered(request), request.headers) as asked:
            response = await handler(request)
            asked.answered(response.status)
            return response

    return traced


def _registered(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return UNKNOWN if resource is None else resource.canonical
