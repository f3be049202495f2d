import asyncio
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from routergate.api.connection import Runner
from routergate.api.server import application
from routergate.api.services import Services
from routergate.domain.identity import Identity
from routergate.gateway import Gateway
from routergate.shadowing import Nobody

SECRET = b"rg-the-secret-of-the-prompt"
POST = b"POST /v1/route HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
REFUSALS: list[tuple[int, str]] = []


NOTHING: Any = None
"""What is behind the handlers, for requests that do not get that far."""


class OpenToAll:
    """Lets anyone in."""

    async def identify(self, token: str | None, peer: str | None = None) -> Identity:
        return Identity(key="k", organisation="acme")


GATEWAY = Gateway(
    keyring=OpenToAll(),
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


@pytest.fixture
async def port() -> AsyncIterator[int]:
    services = Services(
        gateway=lambda: GATEWAY,
        loaded_at=lambda: 0,
        new_id=lambda: "req_1",
        refused=lambda status, code: REFUSALS.append((status, code)),
        not_admitted=NOTHING,
        readiness=NOTHING,
        exposition=NOTHING,
        usage=NOTHING,
        feedback=NOTHING,
        replies=NOTHING,
        replayed=NOTHING,
        office=NOTHING,
        concerns=lambda _: None,
    )
    runner = Runner(application(services, 1024**2), access_log=None, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def answer(port: int, sent: bytes) -> tuple[bytes, dict[str, str], bytes]:
    """Status line, headers and body of what comes back until the connection is closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(sent)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    status, *lines = head.split(b"\r\n")
    headers = (line.decode().partition(": ") for line in lines)
    return status, {name.lower(): value for name, _, value in headers}, body


MALFORMED = {
    "nul in a header": POST + b"Authorization: Bearer " + SECRET + b"\0\r\n\r\n",
    "huge header": POST + b"x-routergate-feature: " + SECRET * 400 + b"\r\n\r\n",
    "huge url": b"GET /" + SECRET * 400 + b" HTTP/1.1\r\n\r\n",
    "length that is no number": POST + b"Content-Length: " + SECRET + b"\r\n\r\n",
    "negative length": POST + b"Content-Length: -5\r\n\r\n" + SECRET,
    "two lengths": POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + SECRET,
    "length and chunks": POST + b"Content-Length: 27\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "unknown transfer encoding": POST + b"Transfer-Encoding: zebra\r\n\r\n" + SECRET,
    "chunk without a size": POST + b"Transfer-Encoding: chunked\r\n\r\n" + SECRET + b"\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n" + SECRET,
    "space before a colon": POST + b"Content-Length : 27\r\n\r\n" + SECRET,
    "folded header": POST + b"a: b\r\n " + SECRET + b"\r\n\r\n",
    "no http": SECRET + b" is not HTTP\r\n\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "broken url": b"GET http://[" + SECRET + b"/ HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_not_http_is_refused_without_quoting_it(
    port: int, sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        status, headers, body = await answer(port, sent)
    assert b" 400 " in status
    error = json.loads(body)["error"]
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", None, None)
    assert (headers["x-request-id"], headers["server"]) == ("req_1", "routergate")
    assert SECRET not in body
    assert SECRET.decode() not in caplog.text
    assert REFUSALS.pop() == (400, "-")
    told = [record for record in caplog.records if record.name == "routergate.api.errors"]
    assert len(told) == 1


async def test_a_body_that_cannot_be_decoded_is_not_quoted(
    port: int, caplog: pytest.LogCaptureFixture
) -> None:
    head = POST + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(SECRET)
    with caplog.at_level(logging.INFO):
        status, headers, body = await answer(port, head + SECRET)
    assert status == b"HTTP/1.1 400 Bad Request"
    assert headers["connection"] == "close"
    assert "cannot be read" in json.loads(body)["error"]["message"]
    assert SECRET.decode() not in caplog.text
