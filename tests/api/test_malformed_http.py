"""What is not HTTP, over a real socket."""

import asyncio
import json

import pytest

from support.gateway import KEY
from support.stage import Caller, Stage

SECRET = b"the-secret-of-the-prompt"
POST = b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + KEY.encode() + b"\r\n"
MALFORMED = {
    "nul in a header": POST + b"x-routergate-feature: " + SECRET + b"\0\r\n\r\n",
    "huge header": POST + b"x-routergate-feature: " + SECRET * 400 + b"\r\n\r\n",
    "length that is no number": POST + b"Content-Length: " + SECRET + b"\r\n\r\n",
    "length and chunks": POST + b"Content-Length: 27\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SECRET,
    "unknown transfer encoding": POST + b"Transfer-Encoding: zebra\r\n\r\n" + SECRET,
    "no http": SECRET + b" is not HTTP\r\n\r\n",
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED.keys())
async def test_what_is_not_http_is_refused_without_quoting_it(
    stage: Stage, caller: Caller, sent: bytes
) -> None:
    host, port = stage.gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(sent)
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    assert b" 400 " in head.splitlines()[0]
    assert json.loads(body)["error"]["type"] == "invalid_request_error"
    assert b"x-request-id: req_" in head
    assert SECRET not in body
    assert SECRET.decode() not in stage.gateway.log.read_text()
    assert (await caller.chat()).status == 200
