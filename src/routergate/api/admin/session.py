"""`/admin/v1/session`: logging in and out."""

from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from aiohttp import web

from routergate.api.admin.door import COOKIE, OPERATOR, check_token, office, private, recognised
from routergate.api.chat import json_body
from routergate.api.wire import decoded
from routergate.domain.errors import Forbidden
from routergate.domain.operator import Operator

KEPT: Final = 7 * 86_400
"""Seconds for which a browser keeps the cookie; the store may end the session long before."""


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """What it takes to log in."""

    key: str


_credentials: Final = msgspec.json.Decoder(Credentials).decode


async def begin(request: web.Request) -> web.StreamResponse:
    """Log in: who it is from now on, and a cookie that says so."""
    sessions = office(request).sessions
    if not sessions.keys:
        raise Forbidden("The console is off: set ROUTERGATE_ADMIN_KEY to switch it on.")
    given = decoded(await json_body(request), _credentials)
    token, operator = await sessions.begin(given.key, request.remote)
    response = web.json_response(_shown(operator))
    response.set_cookie(
        COOKIE,
        token,
        max_age=KEPT,
        path="/admin",
        httponly=True,
        samesite="Strict",
        secure=_encrypted(request),
    )
    return private(response)


async def show(request: web.Request) -> web.StreamResponse:
    """Who is asking."""
    return web.json_response(_shown(request[OPERATOR]))


async def end(request: web.Request) -> web.StreamResponse:
    """Log out. Whoever came with a key has nothing to end."""
    operator = await recognised(request)
    check_token(request, operator)
    if operator.csrf is not None:
        await office(request).sessions.end(request.cookies[COOKIE])
    response = web.json_response({"ended": operator.csrf is not None})
    response.del_cookie(COOKIE, path="/admin", httponly=True, samesite="Strict", secure=_encrypted(request))
    return private(response)


def _shown(operator: Operator) -> dict[str, Any]:
    ends = None if operator.expires is None else datetime.fromtimestamp(operator.expires // 10**9, UTC)
    expires = ends and ends.isoformat().replace("+00:00", "Z")
    return {"role": operator.role.value, "csrf": operator.csrf, "expires": expires}


def _encrypted(request: web.Request) -> bool:
    """Whether the browser's side is encrypted; who lies about it gets no cookie back."""
    return request.secure or request.headers.get("X-Forwarded-Proto", "").lower() == "https"
