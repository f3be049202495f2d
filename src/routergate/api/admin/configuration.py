"""The configuration: looking at it, trying another one, taking it up."""

from typing import Final

import msgspec
from aiohttp import web

from routergate.api.admin.door import OPERATOR, office
from routergate.api.chat import json_body
from routergate.api.wire import decoded
from routergate.domain.operator import Role


class Text(msgspec.Struct, forbid_unknown_fields=True):
    """A configuration."""

    yaml: str


class Replacement(msgspec.Struct, forbid_unknown_fields=True):
    """A configuration, and the digest of the one that it is to replace."""

    yaml: str
    digest: str


_text: Final = msgspec.json.Decoder(Text).decode
_replacement: Final = msgspec.json.Decoder(Replacement).decode
FILE: Final = "configuration"


async def show(request: web.Request) -> web.Response:
    """The file; a viewer does not see secrets that somebody has written into it."""
    hidden = request[OPERATOR].role is not Role.ADMIN
    return web.json_response(await office(request).draft.show(hidden=hidden))


async def validate(request: web.Request) -> web.Response:
    """What another text would do, and what is wrong with it."""
    wanted = decoded(await json_body(request), _text)
    return web.json_response(await office(request).draft.check(wanted.yaml))


async def put(request: web.Request) -> web.Response:
    """Another text in its place, taken up at once."""
    wanted, at = decoded(await json_body(request), _replacement), office(request)

    async def noted(digest: str) -> None:
        changed = {"from": wanted.digest, "to": digest}
        await at.audit.note(request[OPERATOR].by, "replace", FILE, digest=changed)

    return web.json_response(await at.draft.put(wanted.yaml, wanted.digest, noted))


async def reload(request: web.Request) -> web.Response:
    """Take up the file anew, or say what is wrong with it and change nothing."""
    at = office(request)
    await at.audit.note(request[OPERATOR].by, "reload", FILE)
    problems = await at.reload()
    if problems:
        return web.json_response({"reloaded": False, "problems": list(problems)}, status=422)
    return web.json_response({"reloaded": True})
