"""Whole answers of a simulated provider, errors in the words of whoever it is."""

from aiohttp import web

from routergate.testing import azure, messages_wire, wire
from routergate.testing.delivery import HEADERS
from routergate.testing.refusals import Refused

WORDS = (("/openai/", azure.error_body), ("/v1/messages", messages_wire.error_body), ("", wire.error_body))
"""Who words an error, by where the path begins."""


def error(refused: Refused, path: str) -> web.Response:
    """A refusal of what was asked at a path."""
    body = next(word for start, word in WORDS if path.startswith(start))(refused)
    return json(body, refused.status, dict(refused.headers))


def json(body: bytes, status: int = 200, extra: dict[str, str] | None = None) -> web.Response:
    """A whole body."""
    headers = HEADERS | {"content-type": "application/json"} | (extra or {})
    return web.Response(body=body, status=status, headers=headers)
