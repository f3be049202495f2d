"""`Idempotency-Key`: a request that comes again gets the answer that it got, without a second call."""

import json
import re
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler

from routergate.api.caller import key_of
from routergate.api.chat import json_body
from routergate.api.services import CLAIM, REPLAYED, SERVICES, Claim
from routergate.api.stream import reply
from routergate.domain.errors import InvalidRequest, ProviderRefused
from routergate.domain.once import Asked, Reply

HEADER: Final = "Idempotency-Key"
NAME: Final = re.compile(r"[!-~]{1,255}")
HEEDED: Final = ("x-routergate-", "x-litellm-", "anthropic-")
"""Request headers that make another request of the same body."""


def once(handler: Handler) -> Handler:
    """The same handler; a request with an `Idempotency-Key` comes to it once."""

    async def answered(request: web.Request) -> web.StreamResponse:
        if HEADER not in request.headers:
            return await handler(request)
        services = request.app[SERVICES]
        async with services.replies.claim(await _asked(request)) as found:
            if not isinstance(found, Reply):
                return await _first(request, handler, found)
            services.replayed()
            return _again(request, found)

    return answered


async def marked(request: web.Request, response: web.StreamResponse) -> None:
    """A hook: an answer that was given before says so."""
    if REPLAYED in request:
        response.headers["x-routergate-replayed"] = "true"


async def _asked(request: web.Request) -> Asked:
    """Whose request it is, then what it says: a stranger learns nothing here, and occupies nothing."""
    token = key_of(request.headers)
    identity = await request.app[SERVICES].gateway().keyring.identify(token, request.remote)
    name, body = _name(request), await json_body(request)
    return Asked(identity=identity, token=token or "", name=name, content=(_head(request), body))


def _head(request: web.Request) -> bytes:
    """Path and headers in one line, so that nothing of them can be taken for the body."""
    headers = sorted((k.lower(), v) for k, v in request.headers.items() if k.lower().startswith(HEEDED))
    return json.dumps([request.path_qs, headers]).encode() + b"\n"


def _name(request: web.Request) -> str:
    names = request.headers.getall(HEADER)
    if len(names) != 1 or not NAME.fullmatch(names[0]):
        raise InvalidRequest(
            f"{HEADER} takes 1 to 255 visible ASCII characters, and is sent once.", param=HEADER
        )
    return names[0]


async def _first(request: web.Request, handler: Handler, claim: Claim) -> web.StreamResponse:
    """The handler's answer, kept if it is one; a stream has kept itself by then."""
    request[CLAIM] = claim
    try:
        response = await handler(request)
    except ProviderRefused as refusal:
        headers = {"Content-Type": refusal.content_type}
        await claim.keep(Reply(status=refusal.status, headers=headers, body=refusal.body))
        raise
    if isinstance(response, web.Response) and isinstance(response.body, bytes) and response.status < 300:
        await claim.keep(reply(response, response.body))
    return response


def _again(request: web.Request, kept: Reply) -> web.Response:
    """What was answered. A refusal is raised, as it was the first time."""
    request[REPLAYED] = True
    if kept.status >= 400:
        raise ProviderRefused(
            f"the provider refused the request ({kept.status}) when it was first asked",
            status=kept.status,
            body=kept.body,
            content_type=kept.headers["Content-Type"],
        )
    return web.Response(status=kept.status, headers=kept.headers, body=kept.body)
