"""Handlers behind `once`, over a socket: what is kept of what they answer."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from routergate.accounts.idempotency import StoredReplies
from routergate.api.errors import errors
from routergate.api.idempotency import marked, once
from routergate.api.services import SERVICES, Services
from routergate.api.stream import EventStream
from routergate.gateway import Gateway
from routergate.shadowing import Nobody
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.fakes import OpenKeyring

NOTHING: Any = None
ROOM = 64
GATEWAY = Gateway(
    keyring=OpenKeyring(),
    router=NOTHING,
    dispatcher=NOTHING,
    homes=NOTHING,
    cache=NOTHING,
    guards=NOTHING,
    capture=NOTHING,
    till=NOTHING,
    telemetry=NOTHING,
    clock=NOTHING,
    onlooker=Nobody(),
)


@dataclass
class Writer:
    """Answers with these pieces, and counts how often."""

    pieces: tuple[bytes, ...]
    streams: bool = True
    whole: bool = True
    status: int = 200
    before_the_end: Callable[[], Awaitable[None]] | None = None
    calls: int = field(default=0, init=False)

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        self.calls += 1
        if not self.streams:
            return web.Response(status=self.status, body=b"".join(self.pieces))
        response = EventStream(request, {"Content-Type": "text/event-stream", "x-routergate-model": "m"})
        await response.prepare(request)
        for piece in self.pieces:
            await response.write(piece)
        if self.before_the_end:
            await self.before_the_end()
        if not self.whole:
            await response.cut(b"data: {}\n\n")
        await response.write_eof()
        return response


class Door:
    """A server with one handler."""

    def __init__(self, store: Store) -> None:
        self.app = web.Application(middlewares=[errors])
        self.app.on_response_prepare.append(marked)
        nothing: Any = {
            **dict.fromkeys(Services.__slots__),
            "new_id": lambda: "req",
            "gateway": lambda: GATEWAY,
        }
        counted = {"refused": lambda *_: None, "concerns": lambda _: None, "replayed": lambda: None}
        self.app[SERVICES] = Services(**{**nothing, **counted, "replies": StoredReplies(store, ROOM)})
        self.url = ""

    async def twice(self, writer: Writer) -> tuple[tuple[int, bytes], tuple[int, bytes]]:
        """Status and body, of a request and its repetition."""
        self.app.router.add_post("/", once(writer))
        runner = web.AppRunner(self.app, handler_cancellation=True)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            return await self.asked(), await self.asked()
        finally:
            await runner.cleanup()

    async def asked(self) -> tuple[int, bytes]:
        headers = {"Idempotency-Key": "one", "Authorization": "Bearer rg-any"}
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, json={}, headers=headers) as reply,
        ):
            return reply.status, await reply.read()


@pytest.fixture
def door(store: Store) -> Door:
    return Door(store)


@pytest.mark.parametrize(
    "pieces",
    [
        (b"data: 1\n\n", b"data: 2\n\n"),
        (b"data: 1\n\n", b"data: [DONE]\n\n"),
        (b"data: 1\n\ndata:[DONE]\n\n",),
        (b"data: 1\r\n\r\ndata: [DONE]\r\n\r\n",),
        (b"event: message_stop\ndata: {}\n\n",),
        (b"data: 1\n\n", b"event: response.completed\ndata: {}\n\n"),
        (b"x" * ROOM,),
        (),
    ],
)
async def test_a_whole_stream_is_kept_whatever_its_format(door: Door, pieces: tuple[bytes, ...]) -> None:
    writer = Writer(pieces)
    first, second = await door.twice(writer)
    assert first == second == (200, b"".join(pieces))
    assert writer.calls == 1


async def test_a_stream_that_was_cut_is_not_kept(door: Door) -> None:
    writer = Writer((b"data: 1\n\n",), whole=False)
    assert await door.twice(writer) == ((200, b"data: 1\n\ndata: {}\n\n"),) * 2
    assert writer.calls == 2


@pytest.mark.parametrize("streams", [True, False])
async def test_an_answer_that_is_too_large_is_given_once(door: Door, *, streams: bool) -> None:
    writer = Writer((b"x" * ROOM, b"y", b"z" * 10), streams)
    first, (status, body) = await door.twice(writer)
    assert first == (200, b"x" * ROOM + b"y" + b"z" * 10)
    assert (status, b'"idempotency_not_kept"' in body) == (409, True)
    assert writer.calls == 1


@pytest.mark.parametrize("status", [400, 429, 500, 503])
async def test_an_error_that_a_handler_makes_itself_is_not_kept(door: Door, status: int) -> None:
    writer = Writer((b"no",), streams=False, status=status)
    assert await door.twice(writer) == ((status, b"no"),) * 2
    assert writer.calls == 2


async def test_who_has_seen_the_last_event_can_ask_again_at_once(door: Door) -> None:
    seen: list[tuple[int, bytes]] = []

    async def ask_again() -> None:
        seen.append(await door.asked())

    writer = Writer((b"data: 1\n\n", b"data: [DONE]\n\n"), before_the_end=ask_again)
    assert await door.twice(writer) == ((200, b"data: 1\n\ndata: [DONE]\n\n"),) * 2
    assert seen == [(200, b"data: 1\n\ndata: [DONE]\n\n")]


@pytest.fixture
async def fleeting(own_server: EmbeddedServer) -> AsyncIterator[Store]:
    store = connect(own_server.url, timeout=5)
    yield store
    await store.close()


async def test_without_the_store_the_answer_arrives_but_nothing_more_is_promised(
    own_server: EmbeddedServer, fleeting: Store
) -> None:
    async def lose_the_store() -> None:
        own_server.stop()

    writer = Writer((b"data: 1\n\n",), before_the_end=lose_the_store)
    first, (status, body) = await Door(fleeting).twice(writer)
    assert first == (200, b"data: 1\n\n")
    assert (status, b'"store_unavailable"' in body) == (503, True)
    assert writer.calls == 1
