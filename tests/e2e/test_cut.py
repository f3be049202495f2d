"""A strict budget before a provider that does not know when to stop."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from support.asking import metric
from support.gateway import KEY, configuration, running_gateway

WORD = "word after word after word "
EVENT = {"choices": [{"index": 0, "delta": {"content": WORD}, "finish_reason": None}]}
STRICT = {"scope": "organisation", "usd": 0.002, "window": "total", "mode": "strict"}


async def endless(request: web.Request) -> web.StreamResponse:
    """Writes until somebody hangs up, whatever limit it was told."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    while True:
        await response.write(b"data: " + json.dumps(EVENT).encode() + b"\n\n")
        await asyncio.sleep(0)


@pytest.fixture
async def deaf() -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/chat/completions", endless)
    async with TestServer(app) as server:
        yield str(server.make_url("/v1"))


async def test_what_a_budget_cuts_is_told_and_booked_as_cut(deaf: str, tmp_path: Path) -> None:
    written = configuration(deaf, organisations={"acme": {"budgets": [STRICT]}})
    body = {"model": "small", "stream": True, "messages": [{"role": "user", "content": "Go on for ever"}]}
    with running_gateway(tmp_path, written) as gateway:
        async with aiohttp.ClientSession(gateway.url, headers={"Authorization": f"Bearer {KEY}"}) as client:
            async with client.post("/v1/chat/completions", json=body) as response:
                said = await response.read()
            assert b"budget_ended" in said or b'"finish_reason":"length"' in said.replace(b" ", b"")
            assert await metric(client, "routergate_requests_total", outcome="cut") == 1
