"""Who may come in: programs with an operator's key, people with a session."""

import hmac
from collections.abc import Mapping
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from routergate.api.admin.office import Office
from routergate.api.caller import key_of
from routergate.api.services import SERVICES
from routergate.domain.errors import Forbidden, Unauthenticated
from routergate.domain.operator import Operator, ReadOnly, Role, TokenMissing

COOKIE: Final = "rg_session"
OPERATOR = web.RequestKey("operator", Operator)
"""Who asks."""
LOOKING: Final = frozenset({"GET", "HEAD"})
BY_KEY: Final[Mapping[Role, str]] = {Role.ADMIN: "admin API", Role.VIEWER: "viewer key"}
"""Whoever comes without a session, as the audit log has it."""


def operated(handler: Handler) -> Handler:
    """The handler, for operators only; for those who may change something, if that is what is asked."""

    async def admitted(request: web.Request) -> web.StreamResponse:
        request[OPERATOR] = operator = await recognised(request)
        if request.method not in LOOKING:
            check_token(request, operator)
            _check_role(operator)
        return private(await handler(request))

    return admitted


async def recognised(request: web.Request) -> Operator:
    """Who asks; raises `Forbidden`, `Unauthenticated` or `StoreUnavailable`."""
    sessions = office(request).sessions
    if not sessions.keys:
        raise Forbidden("The admin API is off: set ROUTERGATE_ADMIN_KEY to switch it on.")
    if (key := key_of(request.headers)) is not None:
        if (role := sessions.role_of(key)) is None:
            raise Unauthenticated("The admin key is wrong.")
        return Operator(role=role, by=BY_KEY[role])
    if (token := request.cookies.get(COOKIE)) is None:
        raise Unauthenticated("Send the admin key as 'Authorization: Bearer ...', or log in to the console.")
    return await sessions.find(token)


def check_token(request: web.Request, operator: Operator) -> None:
    """Raise `TokenMissing` unless a change that comes with a cookie was asked for by our own page."""
    given = request.headers.get("x-csrf-token", "")
    if operator.csrf is not None and not hmac.compare_digest(
        given.encode(errors="surrogateescape"), operator.csrf.encode()
    ):
        raise TokenMissing("A change with a cookie takes the session's token in the header 'x-csrf-token'.")


def _check_role(operator: Operator) -> None:
    if operator.role is Role.VIEWER:
        raise ReadOnly("A viewer looks, and changes nothing: use the admin key.")


def private(response: web.StreamResponse) -> web.StreamResponse:
    """No cache on the way may keep what operators see, and no browser take it for anything else."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def office(request: web.Request) -> Office:
    """What the admin API works with."""
    return request.app[SERVICES].office
