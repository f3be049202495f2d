"""How things stand: budgets, providers, prices, what can be routed to; and who changed what."""

from aiohttp import web

from routergate.api.admin.asked import counted, cut, listed, part
from routergate.api.admin.door import office


async def budgets(request: web.Request) -> web.Response:
    """How budgets and limits stand: of one `organisation` or of all."""
    cursor, most = part(request)
    organisation = request.query.get("organisation")
    return listed(*await office(request).budgets(organisation, counted(cursor), most))


async def providers(request: web.Request) -> web.Response:
    """Every provider, and what this process knows of how it does."""
    return cut(office(request).providers(), request)


async def prices(request: web.Request) -> web.Response:
    """What every model costs, has cost and will cost."""
    return cut(office(request).prices(), request)


async def models(request: web.Request) -> web.Response:
    """Every model of the catalogue."""
    return cut(office(request).models(), request)


async def routes(request: web.Request) -> web.Response:
    """Every route of the catalogue."""
    return cut(office(request).routes(), request)


async def audit(request: web.Request) -> web.Response:
    """Changes, the newest first; of the key that `key` names, if so asked."""
    cursor, most = part(request)
    return listed(*await office(request).audit.page(request.query.get("key"), cursor, most))
