"""Talking to the simulator."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import jsonschema
import openai

from routergate.testing import Simulator

HELLO: Any = [{"role": "user", "content": "Hello?"}]


def a_body(model: str = "sim-mini", **more: Any) -> dict[str, Any]:
    """A small request."""
    return {"model": model, "messages": HELLO} | more


@asynccontextmanager
async def an_openai_client(sim: Simulator, api_key: str = "any") -> AsyncIterator[openai.AsyncOpenAI]:
    """The official client, without its retries."""
    async with openai.AsyncOpenAI(base_url=sim.base_url, api_key=api_key, max_retries=0) as client:
        yield client


async def ask(sim: Simulator, **more: Any) -> tuple[int, Any]:
    """Status and parsed body of a plain request."""
    async with aiohttp.ClientSession() as session, session.post(url(sim), json=a_body(**more)) as response:
        return response.status, json.loads(await response.read())


async def ask_bytes(sim: Simulator, **more: Any) -> bytes:
    """The body as it came."""
    async with aiohttp.ClientSession() as session, session.post(url(sim), json=a_body(**more)) as response:
        return await response.read()


def conforms(value: Any, schema: Any) -> bool:
    """True, or an error that tells where `value` does not fit `schema`."""
    jsonschema.validate(value, schema, jsonschema.Draft202012Validator)
    return True


def url(sim: Simulator) -> str:
    """Where chat completions are."""
    return f"{sim.base_url}/chat/completions"


def events(stream: bytes) -> list[Any]:
    """The parsed events of a well-formed stream, without its `[DONE]`."""
    lines = [line for line in stream.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(line.removeprefix("data: ")) for line in lines if line != "data: [DONE]"]


def text_of(chunks: list[Any], choice: int = 0) -> str:
    """The content deltas of one choice, joined."""
    parts = [part for chunk in chunks for part in chunk["choices"] if part["index"] == choice]
    return "".join(part["delta"].get("content") or "" for part in parts)
