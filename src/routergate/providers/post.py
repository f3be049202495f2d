"""Asking one server, over aiohttp's connections and its parser.

What `ClientSession` does for each request besides (cookies, proxies, traces, URLs made anew) takes longer
than the asking, and nothing of it is wanted here. What is rare goes its way nevertheless.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from types import TracebackType
from typing import Final, Self, TypeAlias

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError, RawResponseMessage, StreamWriter
from multidict import CIMultiDict
from yarl import URL

LARGE: Final = 512 * 1024
"""Bytes from which a body is sent in pieces: in one write, it would hold up the event loop."""
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
FINAL: Final = 200
"""Statuses below only say that there is one to come."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answers: its head is there, its body still comes."""

    status: int
    headers: Mapping[str, str]
    content: aiohttp.StreamReader
    _connection: Connection

    @property
    def content_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """The whole body."""
        return await self.content.read()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.release()  # which closes it, unless all of the body has come


Response: TypeAlias = Reply | aiohttp.ClientResponse


class Post:
    """Where requests are sent again and again; raises what `ClientSession` raises."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
    ) -> None:
        self._session = session
        self._headers = headers
        self._timeout = timeout
        self._pattern = aiohttp.ClientRequest(
            "POST",
            URL(url),
            headers=headers,
            skip_auto_headers=session.skip_auto_headers,
            session=session,
            loop=asyncio.get_running_loop(),
        )
        self._first_line = f"POST {self._pattern.url.raw_path_qs} HTTP/1.1"

    async def send(self, body: bytes, headers: Mapping[str, str]) -> Response:
        """The answer to a body, with these headers beside those of every request."""
        if len(body) >= LARGE:
            return await self._sent_at_length(body, headers)
        reply = await self._sent(body, headers)
        if reply.status not in REDIRECTS:
            return reply
        async with reply:
            return await self._sent_at_length(body, headers)

    async def _sent(self, body: bytes, headers: Mapping[str, str]) -> Reply:
        connection = await self._connected()
        protocol = connection.protocol
        if protocol is None:
            raise aiohttp.ClientConnectionResetError("the connection was closed before it was used")
        try:
            protocol.set_response_params(read_until_eof=True)
            await self._write(protocol, body, headers)
            message, content = await _answered(protocol)
        except BaseException:
            connection.close()
            raise
        return Reply(message.code, message.headers, content, connection)

    async def _connected(self) -> Connection:
        connector = self._session.connector
        if connector is None:
            raise RuntimeError("the session is closed")
        try:
            return await connector.connect(self._pattern, traces=[], timeout=self._timeout)
        except TimeoutError as error:
            raise aiohttp.ConnectionTimeoutError("the server took no connection in time") from error

    async def _write(self, protocol: ResponseHandler, body: bytes, headers: Mapping[str, str]) -> None:
        """Head and body in one write, without waiting until they are gone: an answer may come before."""
        whole = CIMultiDict(self._pattern.headers)
        whole.update(headers)
        whole["Content-Length"] = str(len(body))
        writer = StreamWriter(protocol, self._pattern.loop)
        await writer.write_headers(self._first_line, whole)
        await writer.write(body, drain=False)

    async def _sent_at_length(self, body: bytes, headers: Mapping[str, str]) -> aiohttp.ClientResponse:
        """What is sent in pieces, or elsewhere."""
        return await self._session.post(
            self._pattern.url,
            data=body if len(body) < LARGE else BytesIO(body),
            headers={**self._headers, **headers},
            timeout=self._timeout,
        )


async def _answered(protocol: ResponseHandler) -> tuple[RawResponseMessage, aiohttp.StreamReader]:
    """The head that counts, and the body as it will come."""
    try:
        message, content = await protocol.read()
        while message.code < FINAL:
            message, content = await protocol.read()
    except HttpProcessingError as error:
        raise aiohttp.ClientConnectionError("what came is not HTTP") from error
    return message, content
