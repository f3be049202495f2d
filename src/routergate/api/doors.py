"""Where the gateway is asked: one port for everything, or another one for those who look after it."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from routergate.api.connection import Runner
from routergate.api.server import application, monitoring
from routergate.api.services import Services

log = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections that wait to be accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Addresses, and what holds for whoever comes through."""

    host: str
    port: int
    metrics_port: int | None
    """`None`: metrics are on the same port."""
    max_body_bytes: int
    grace: float
    """Seconds that running requests have on the way out."""
    more: Sequence[web.RouteDef] = ()
    """What is no part of the API."""


@asynccontextmanager
async def listening(services: Services, doors: Doors) -> AsyncIterator[None]:
    """Accept requests; on the way out accept no more, and cut what runs after the grace.

    Metrics with a port of their own are there to the end.
    """
    apart = doors.metrics_port
    async with AsyncExitStack() as stack:
        if apart is not None:
            runner = web.AppRunner(monitoring(services), access_log=None)
            await stack.enter_async_context(_open(runner, doors.host, apart))
            log.info("metrics are at http://%s:%s/metrics", doors.host, apart)
        callers = Runner(
            application(services, doors.max_body_bytes, doors.more, scraped=apart is None),
            access_log=None,
            # A caller who leaves must not go on costing money.
            handler_cancellation=True,
            keepalive_timeout=75,
            shutdown_timeout=doors.grace,
        )
        await stack.enter_async_context(_open(callers, doors.host, doors.port))
        log.info("listening on http://%s:%s", doors.host, doors.port)
        yield


@asynccontextmanager
async def _open(runner: web.AppRunner, host: str, port: int) -> AsyncIterator[None]:
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port, reuse_port=True, backlog=BACKLOG).start()
        yield
    finally:
        await runner.cleanup()
