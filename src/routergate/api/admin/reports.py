"""What was asked of the gateway and what it cost: live, by group, one by one."""

from aiohttp import web

from routergate.api.admin.asked import chosen, listed, part
from routergate.api.admin.door import office
from routergate.api.period import period

DIMENSIONS = ("organisation", "team", "key", "customer", "feature", "route", "model", "provider", "class")
"""What spend can be chosen for; it can be grouped by day and month, too."""
MARKS = (*DIMENSIONS, "task", "level", "outcome", "session")
"""What single events can be chosen for."""


async def live(request: web.Request) -> web.Response:
    """The day so far."""
    return web.json_response(await office(request).books.live())


async def spend(request: web.Request) -> web.Response:
    """What some days' requests come to."""
    by = [name for name in request.query.get("by", "day").split(",") if name]
    found = await office(request).books.spend(period(request), by, chosen(request, DIMENSIONS))
    return web.json_response(found)


async def events(request: web.Request) -> web.Response:
    """Single requests, the newest first."""
    cursor, most = part(request)
    where = chosen(request, MARKS)
    return listed(*await office(request).books.events(period(request, 7), where, cursor, most))


async def event(request: web.Request) -> web.Response:
    """One request, and why it went where it went."""
    books, name = office(request).books, request.match_info["id"]
    return web.json_response(await books.event(name, request.query.get("organisation")))


async def quality(request: web.Request) -> web.Response:
    """What routes promise, and what is known of their models."""
    books, organisation = office(request).books, request.query.get("organisation")
    return web.json_response(await books.quality(period(request, 7), organisation))


async def portfolio(request: web.Request) -> web.Response:
    """What models really cost."""
    return web.json_response(await office(request).books.portfolio(period(request)))
