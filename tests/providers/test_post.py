"""Asking a server that answers whatever it likes, byte by byte."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import pytest

from routergate.providers.post import LARGE, Post

TIMEOUT = aiohttp.ClientTimeout(total=10, sock_connect=5)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Says one thing after each request, over as many connections as are opened."""

    says: Sequence[bytes]
    url: str = ""
    heard: list[bytes] = field(default_factory=list)
    connections: int = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while (head := await reader.readuntil(b"\r\n\r\n")) and len(self.heard) < len(self.says):
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            self.heard.append(head + await reader.readexactly(length))
            writer.write(self.says[len(self.heard) - 1])
            if b"connection: close" in self.says[len(self.heard) - 1]:
                break
        writer.close()


@asynccontextmanager
async def serving(*says: bytes) -> AsyncIterator[Server]:
    script = Server(says)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await script.answer(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=2 * LARGE)
    script.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with asyncio.timeout(20), server:
        yield script


def post(session: aiohttp.ClientSession, server: Server) -> Post:
    return Post(session, f"{server.url}/v1/chat?version=1", {"X-Key": "secret"}, TIMEOUT)


async def told(asked: Post, body: bytes = b"{}", **headers: str) -> tuple[int, bytes]:
    async with await asked.send(body, headers) as response:
        return response.status, await response.read()


async def test_what_is_sent_has_the_headers_of_all_requests_and_its_own(
    session: aiohttp.ClientSession,
) -> None:
    async with serving(OK) as server:
        assert await told(post(session, server), b'{"a": 1}', beta="b") == (200, b"ok")
    [heard] = server.heard
    assert heard.startswith(b"POST /v1/chat?version=1 HTTP/1.1\r\n")
    assert heard.endswith(b'\r\n\r\n{"a": 1}')
    for header in (b"X-Key: secret", b"beta: b", b"Content-Length: 8", server.url[7:].encode()):
        assert header in heard


async def test_a_connection_is_used_again(session: aiohttp.ClientSession) -> None:
    async with serving(OK, OK) as server:
        asked = post(session, server)
        assert [await told(asked), await told(asked)] == [(200, b"ok")] * 2
    assert server.connections == 1


async def test_a_connection_on_which_a_body_still_comes_is_not_used_again(
    session: aiohttp.ClientSession,
) -> None:
    async with serving(OK.replace(b"2\r", b"9\r"), OK) as server:
        asked = post(session, server)
        async with await asked.send(b"{}", {}) as response:
            assert response.status == 200
        assert await told(asked) == (200, b"ok")
    assert server.connections == 2


async def test_what_only_says_that_an_answer_comes_is_passed_over(session: aiohttp.ClientSession) -> None:
    async with serving(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + OK) as server:
        assert await told(post(session, server)) == (200, b"ok")


async def test_a_redirect_is_followed(session: aiohttp.ClientSession) -> None:
    elsewhere = b"HTTP/1.1 308 Elsewhere\r\nLocation: /v2\r\nContent-Length: 0\r\n\r\n"
    async with serving(elsewhere, elsewhere, OK) as server:
        assert await told(post(session, server), b"{}", beta="b") == (200, b"ok")
    assert server.heard[-1].startswith(b"POST /v2 ")
    assert b"X-Key: secret" in server.heard[-1]
    assert b"beta: b" in server.heard[-1]


async def test_a_large_body_arrives_whole(session: aiohttp.ClientSession) -> None:
    async with serving(OK) as server:
        assert await told(post(session, server), b"x" * LARGE) == (200, b"ok")
    assert server.heard[0].endswith(b"\r\n\r\n" + b"x" * LARGE)


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH\r\n\r\n", b"connection: close\r\n", b"HTTP/1.1 200 OK\r\nconnection: close"]
)
async def test_what_is_not_http_is_a_broken_connection(session: aiohttp.ClientSession, said: bytes) -> None:
    async with serving(said) as server:
        with pytest.raises(aiohttp.ClientError):
            await told(post(session, server))


async def test_a_session_that_is_closed_asks_nobody() -> None:
    async with aiohttp.ClientSession() as session:
        asked = Post(session, "http://127.0.0.1:1", {}, TIMEOUT)
    with pytest.raises(RuntimeError, match="closed"):
        await told(asked)
