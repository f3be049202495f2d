"""The life of keys."""

from collections.abc import Awaitable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from aiohttp import web

from routergate.api.admin.asked import cut
from routergate.api.admin.door import OPERATOR, office
from routergate.api.admin.office import KeyDesk
from routergate.api.chat import json_body
from routergate.api.wire import decoded


class NewKey(msgspec.Struct, forbid_unknown_fields=True):
    """What a key is to stand for. A misspelt limit must not become none: unknown words are refused."""

    organisation: str
    team: str | None = None
    customer: str | None = None
    feature: str | None = None
    name: str | None = None
    allow: list[str] | None = None
    classes: list[str] | None = None
    regions: list[str] | None = None
    ips: list[str] | None = None
    priority: str | None = None
    expires: str | None = None
    budget_usd: Decimal | None = None
    window: str | None = None
    strict: bool = False


class NewBudget(msgspec.Struct, forbid_unknown_fields=True):
    """What a key may spend; `null`: no bound of its own."""

    budget_usd: Decimal | None
    window: str | None = None
    strict: bool = False


class Rotation(msgspec.Struct, forbid_unknown_fields=True):
    """How a key is replaced."""

    overlap: str = "24h"
    expires: str | None = None


_new_key: Final = msgspec.json.Decoder(NewKey).decode
_new_budget: Final = msgspec.json.Decoder(NewBudget).decode
_rotation: Final = msgspec.json.Decoder(Rotation).decode


async def listing(request: web.Request) -> web.Response:
    """All keys of the store; those declared in the configuration are not there."""
    return cut(await _desk(request).list(), request)


async def create(request: web.Request) -> web.Response:
    """A new key, in the only answer that shows it."""
    desk = _desk(request)
    wanted = decoded(await json_body(request), _new_key)
    amount = _text(wanted.budget_usd)
    return _secret(await desk.create({**msgspec.structs.asdict(wanted), "budget_usd": amount}))


async def rotate(request: web.Request) -> web.Response:
    """The key that takes over, in the only answer that shows it. Without a body, as usual."""
    desk = _desk(request)
    wanted = decoded(await json_body(request), _rotation) if request.body_exists else Rotation()
    return _secret(await desk.rotate(request.match_info["id"], wanted.overlap, wanted.expires))


async def disable(request: web.Request) -> web.Response:
    """The key opens nothing until it is enabled."""
    return await _told(_desk(request).disable(request.match_info["id"]))


async def enable(request: web.Request) -> web.Response:
    """The key opens what it opened before."""
    return await _told(_desk(request).enable(request.match_info["id"]))


async def revoke(request: web.Request) -> web.Response:
    """The key opens nothing any more."""
    return await _told(_desk(request).revoke(request.match_info["id"]))


async def budget(request: web.Request) -> web.Response:
    """The key may spend so much from now on, or is bound by its organisation's rules alone."""
    desk = _desk(request)
    wanted = decoded(await json_body(request), _new_budget)
    amount = _text(wanted.budget_usd)
    key_id = request.match_info["id"]
    return await _told(desk.budget(key_id, amount, wanted.window, strict=wanted.strict))


def _desk(request: web.Request) -> KeyDesk:
    return office(request).keys(request[OPERATOR].by)


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


async def _told(changed: Awaitable[Mapping[str, Any]]) -> web.Response:
    return web.json_response(await changed)


def _secret(made: Mapping[str, Any]) -> web.Response:
    return web.json_response(made, status=201)
