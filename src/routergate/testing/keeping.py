"""Responses that are kept, to be asked for again."""

from collections.abc import Mapping
from typing import Any

import msgspec
from aiohttp import web

from routergate.testing.answers import Answer
from routergate.testing.refusals import Refused
from routergate.testing.responses import completion


class Keeping:
    """What was answered and is kept, by its id."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def keep(self, answer: Answer, body: Mapping[str, Any]) -> None:
        """Keep the answer, unless the request would not have it kept."""
        if answer.asked.format == "responses" and body.get("store") is not False:
            data = completion(answer)
            self._kept[msgspec.json.decode(data)["id"]] = data

    def check(self, body: Mapping[str, Any]) -> None:
        """Refuse to go on from an answer that is not kept."""
        before = body.get("previous_response_id")
        if before is not None and before not in self._kept:
            said = f"Previous response with id '{before}' not found."
            raise Refused(400, said, param="previous_response_id", code="previous_response_not_found")

    async def get(self, request: web.Request) -> web.Response:
        """An answer as it was."""
        return _json(self._found(request.match_info["id"]))

    async def items(self, request: web.Request) -> web.Response:
        """What was asked; here, nothing is said of it."""
        self._found(request.match_info["id"])
        return _json(b'{"object": "list", "data": [], "has_more": false}')

    async def delete(self, request: web.Request) -> web.Response:
        """Keep it no longer."""
        name = request.match_info["id"]
        self._found(name)
        del self._kept[name]
        return _json(msgspec.json.encode({"id": name, "object": "response", "deleted": True}))

    def _found(self, name: str) -> bytes:
        if name not in self._kept:
            raise Refused(404, f"Response with id '{name}' not found.")
        return self._kept[name]


def _json(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json")
