"""What goes wrong on the caller's side, over a real socket."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import pytest

from support.gateway import KEY
from support.stage import PINNED_KEY, Caller, Reply, Stage, a_caller

SECRET = "the-secret-of-the-prompt"
MESSAGES = [{"role": "user", "content": SECRET}]


def body(**changes: Any) -> bytes:
    return json.dumps({"model": "auto", "messages": MESSAGES, **changes}).encode()


def deep(count: int) -> bytes:
    return body()[:-1] + b', "x": ' + b"[" * count + b"]" * count + b"}"


BAD_BODIES: list[tuple[bytes, int, str | None, str | None]] = [
    (b"", 400, None, None),
    (body()[:-5], 400, None, None),
    (b'"%b"' % SECRET.encode(), 400, None, None),
    (body(messages=[]), 400, "messages", None),
    (body(messages=[{"role": SECRET}]), 400, "messages[0].role", None),
    (body(messages=[{"role": "user", "content": {"text": SECRET}}]), 400, "messages[0].content", None),
    (body(max_tokens=-1), 400, "max_tokens", None),
    (body(max_tokens=10**30), 400, "messages", "context_length_exceeded"),
    (body(model="nobody"), 404, "model", "model_not_found"),
    (body().replace(SECRET.encode(), b"\xff"), 400, None, None),
    (body().replace(SECRET.encode(), rb"\ud800"), 400, None, None),
    (deep(100_000), 400, None, None),
    (body(x=SECRET * 50_000), 413, None, "request_too_large"),
    (body(user="a\nb"), 400, "user", None),
]
BAD_HEADERS: list[tuple[dict[str, str], str]] = [
    ({"x-routergate-quality": SECRET}, "x-routergate-quality"),
    ({"x-routergate-max-cost-usd": "-1"}, "x-routergate-max-cost-usd"),
    ({"x-routergate-route": SECRET}, "x-routergate-route"),
    ({"x-routergate-feature": SECRET * 20}, "feature"),
    ({"x-routergate-customer": SECRET + "\u2028"}, "customer"),
]


def assert_told(stage: Stage, reply: Reply) -> None:
    """An error object with an id, and one line in the log with that id; neither quotes the prompt."""
    assert reply.error.keys() == {"message", "type", "param", "code"}
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Server"] == "routergate"
    assert SECRET.encode() not in reply.body
    lines = [
        line for line in stage.gateway.logged() if line.get("request_id") == reply.headers["x-request-id"]
    ]
    assert [line["status"] for line in lines] == [reply.status]
    assert SECRET not in stage.gateway.log.read_text()


@pytest.fixture(autouse=True)
async def well_afterwards(stage: Stage, caller: Caller) -> Any:
    """Whatever came, the next good request is answered."""
    yield
    assert (await caller.chat()).status == 200


@pytest.mark.parametrize(("sent", "status", "param", "code"), BAD_BODIES)
async def test_a_bad_body_is_refused(
    stage: Stage, caller: Caller, sent: bytes, status: int, param: str | None, code: str | None
) -> None:
    reply = await caller.send(sent)
    assert (reply.status, reply.error["param"], reply.error["code"]) == (status, param, code)
    assert reply.error["type"] == "invalid_request_error"
    assert_told(stage, reply)
    assert not stage.calls_with(SECRET)


@pytest.mark.parametrize(("headers", "param"), BAD_HEADERS)
async def test_a_bad_header_is_refused(
    stage: Stage, caller: Caller, headers: Mapping[str, str], param: str
) -> None:
    reply = await caller.chat(text=SECRET, headers=headers)
    assert (reply.status, reply.error["param"]) == (400, param)
    assert_told(stage, reply)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "zebra", ""])
async def test_a_body_that_is_not_said_to_be_json_is_refused(
    stage: Stage, caller: Caller, content_type: str
) -> None:
    reply = await caller.send(body(), content_type)
    assert (reply.status, reply.error["code"]) == (400, "unsupported_content_type")
    assert_told(stage, reply)


async def test_a_body_that_is_not_encoded_as_it_says_is_refused(stage: Stage, caller: Caller) -> None:
    sent = {"Authorization": f"Bearer {KEY}", "Content-Encoding": "gzip", "Content-Type": "application/json"}
    status, reply = await raw(stage, "POST", "/v1/chat/completions", sent, body())
    assert (status, SECRET in reply) == (400, False)
    assert "Content-Encoding" in reply


@pytest.mark.parametrize(
    "key", [None, "", "rg-wrong", "Basic cmc6cmc=", KEY.upper(), KEY[:-1], "rg-\udcff", "x" * 5000]
)
async def test_a_key_that_opens_nothing_is_refused(stage: Stage, key: str | None) -> None:
    authorization = {} if key is None else {"Authorization": key if " " in key else f"Bearer {key}"}
    sent = {**authorization, "Content-Type": "application/json"}
    status, reply = await raw(stage, "POST", "/v1/chat/completions", sent, body())
    assert (status, '"code":"invalid_api_key"' in reply) == (401, True)
    assert not key or key not in reply


async def test_a_key_is_asked_for_before_the_body_is_read(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, "rg-wrong") as stranger:
        assert (await stranger.send(b"{")).status == 401


@pytest.mark.parametrize("headers", [{"x-routergate-customer": "initech"}, {"x-routergate-feature": SECRET}])
async def test_a_pinned_key_cannot_charge_another_one(stage: Stage, headers: dict[str, str]) -> None:
    async with a_caller(stage.gateway.url, PINNED_KEY) as pinned:
        reply = await pinned.chat(headers=headers)
        assert (reply.status, reply.error["type"], reply.error["code"]) == (
            403,
            "permission_error",
            "not_allowed",
        )
        assert_told(stage, reply)
        assert (await pinned.chat(headers={"x-routergate-customer": "globex"})).status == 200


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/v1/chat/completions", "POST"),
        ("PUT", "/v1/chat/completions", "POST"),
        ("DELETE", "/v1/models", "GET,HEAD"),
        ("POST", "/v1/models/auto", "GET,HEAD"),
        ("OPTIONS", "/v1/route", "POST"),
        ("GET", "/admin/reload", "POST"),
        ("PATCH", "/v1/usage", "GET,HEAD"),
    ],
)
async def test_a_wrong_method_is_told_the_right_ones(
    stage: Stage, caller: Caller, method: str, path: str, allow: str
) -> None:
    reply = await caller.ask(method, path)
    assert (reply.status, reply.error["code"], reply.headers["Allow"]) == (405, "method_not_allowed", allow)
    assert_told(stage, reply)


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/chat/completions/", "/v1/chat", "//v1/models", "/v1/models/", "/%00", "/é"]
)
async def test_an_unknown_url_is_told_as_such(stage: Stage, caller: Caller, path: str) -> None:
    reply = await caller.get(path)
    assert (reply.status, reply.error["code"]) == (404, "unknown_url")
    assert_told(stage, reply)


@pytest.mark.parametrize("key", [None, KEY, "rg-wrong", "\udcff"])
async def test_the_admin_api_is_for_the_admin_key(stage: Stage, key: str | None) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    status, reply = await raw(stage, "POST", "/admin/reload", headers, b"")
    assert (status, "authentication_error" in reply) == (401, True)


async def raw(
    stage: Stage, method: str, path: str, headers: Mapping[str, str], content: bytes
) -> tuple[int, str]:
    """Status and answer of a request whose headers no client would send."""
    host, port = stage.gateway.url.removeprefix("http://").split(":")
    lines = {"Host": host, "Content-Length": str(len(content)), "Connection": "close", **headers}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode(errors="surrogateescape") + content)
    answer = (await reader.read()).decode()
    writer.close()
    await writer.wait_closed()
    return int(answer.split(" ")[1]), answer
