"""Answers that go out event by event."""

import re
from collections.abc import Mapping
from typing import Final

from aiohttp import web

from routergate.api.services import CLAIM
from routergate.domain.once import Reply

LAST: Final = re.compile(
    rb"(?:^|[\r\n])(?:data: ?\[DONE\]\s*$"
    rb"|event: ?(?:message_stop|response\.completed|response\.incomplete)[\r\n])"
)
"""The end of a whole answer: OpenAI's, Anthropic's, and that of Responses."""
KEPT_HEADERS: Final = frozenset({"content-type", "cache-control", "x-accel-buffering"})
OWN_HEADERS: Final = "x-routergate-"


class EventStream(web.StreamResponse):
    """Server-sent events, which are kept if the request is to be answered once.

    They are kept before the last of them goes: a caller who has seen the end can ask again at once.
    """

    def __init__(self, request: web.Request, headers: Mapping[str, str]) -> None:
        super().__init__(headers=headers)
        self._claim = request.get(CLAIM)
        self._copy = bytearray()

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send one or more whole events."""
        if self._claim is not None:
            if len(self._copy) <= self._claim.room:
                self._copy += data
            if LAST.search(data):
                await self._keep()
        await super().write(data)

    async def cut(self, last: bytes) -> None:
        """Send the last event of an answer that is not whole."""
        self._claim = None
        await self.write(last)

    async def write_eof(self, data: bytes = b"") -> None:
        """Send the end of a whole answer, or of one that was cut."""
        await self._keep()
        await super().write_eof(data)

    async def _keep(self) -> None:
        claim, self._claim = self._claim, None
        if claim is not None:
            await claim.keep(reply(self, bytes(self._copy)))


def reply(response: web.StreamResponse, body: bytes) -> Reply:
    """What may be said again of a response: nothing of the connection, nor of the moment."""
    return Reply(
        status=response.status,
        headers={name: value for name, value in response.headers.items() if _is_kept(name.lower())},
        body=body,
    )


def _is_kept(header: str) -> bool:
    return header in KEPT_HEADERS or header.startswith(OWN_HEADERS)
