"""Asking a running gateway, as any HTTP client would."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from support.gateway import KEY, RunningGateway

HELLO = {"model": "auto", "messages": [{"role": "user", "content": "hello"}]}


@asynccontextmanager
async def a_client(gateway: RunningGateway, key: str = KEY) -> AsyncIterator[aiohttp.ClientSession]:
    """A session that sends a key; a new connection for each request, so that every worker gets some."""
    async with aiohttp.ClientSession(
        base_url=gateway.url,
        headers={"Authorization": f"Bearer {key}"},
        connector=aiohttp.TCPConnector(force_close=True),
    ) as session:
        yield session


async def chat(
    client: aiohttp.ClientSession, body: Mapping[str, Any] = HELLO, **headers: str
) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of one chat completion."""
    async with client.post("/v1/chat/completions", json=dict(body), headers=headers) as answer:
        return answer.status, answer.headers, await answer.read()


async def metric(client: aiohttp.ClientSession, name: str, **labels: str) -> float:
    """The sum of a metric's samples that bear these labels."""
    async with client.get("/metrics") as answer:
        families = text_string_to_metric_families((await answer.read()).decode())
    return sum(
        sample.value
        for family in families
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


async def booked(client: aiohttp.ClientSession, by: str = "model") -> list[dict[str, Any]]:
    """The key's own totals."""
    async with client.get("/v1/usage", params={"by": by}) as answer:
        rows: list[dict[str, Any]] = json.loads(await answer.read())["data"]
        return rows


async def eventually(true: Callable[[], Any], patience: float = 15.0) -> Any:
    """What `true` gives as soon as it is truthy; it is awaited anew until then."""
    async with asyncio.timeout(patience):
        while not (found := await true()):
            await asyncio.sleep(0.05)
    return found
