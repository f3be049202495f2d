"""`GET /v1/models` and `GET /v1/models/{id}`: routes and models that the key may use."""

from collections.abc import Iterator
from typing import Any

from aiohttp import web

from routergate.api.caller import key_of
from routergate.api.services import SERVICES
from routergate.domain.decision import Catalogue
from routergate.domain.errors import UnknownModel
from routergate.domain.identity import Identity
from routergate.domain.model import ModelId
from routergate.route.filters import out_of_scope


async def models(request: web.Request) -> web.Response:
    """All of them, routes first."""
    return web.json_response({"object": "list", "data": await _visible(request)})


async def model(request: web.Request) -> web.Response:
    """One of them."""
    name = request.match_info["id"]
    for entry in await _visible(request):
        if entry["id"] == name:
            return web.json_response(entry)
    raise UnknownModel(f"The model '{name}' does not exist.", param="model")


async def _visible(request: web.Request) -> list[dict[str, Any]]:
    services = request.app[SERVICES]
    gateway = services.gateway()
    identity = await gateway.keyring.identify(key_of(request.headers), request.remote)
    return [
        {"id": name, "object": "model", "created": services.loaded_at(), "owned_by": owner}
        for name, owner in listed(gateway.router.catalogue, identity)
    ]


def listed(catalogue: Catalogue, identity: Identity) -> Iterator[tuple[str, str]]:
    """Name and owner of what a key may ask for; a route that is named like a model hides it."""
    names = {
        **{str(card.id): str(card.provider) for card in catalogue.models.values()},
        **dict.fromkeys(catalogue.routes, "routergate"),
    }
    ordered = [*catalogue.routes, *(name for name in names if name not in catalogue.routes)]
    return ((name, names[name]) for name in ordered if _may_use(identity, name, catalogue))


def _may_use(identity: Identity, name: str, catalogue: Catalogue) -> bool:
    """Whether the key's scope leaves at least one model behind a name."""
    if identity.allow is not None and name not in identity.allow:
        return False
    models = catalogue.routes[name].candidates if name in catalogue.routes else (ModelId(name),)
    return any(out_of_scope(catalogue.models[model], identity) is None for model in models)
