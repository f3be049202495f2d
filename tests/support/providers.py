"""Asking a provider as the dispatcher does."""

from contextlib import aclosing
from typing import Any

import msgspec

from routergate.api.wire import read_chat
from routergate.domain.request import ChatRequest
from routergate.ports import Chunk, Provider
from support.builders import a_card


def wired(**body: Any) -> ChatRequest:
    """A request as it comes off the wire."""
    whole = {"model": "auto", "messages": [{"role": "user", "content": "Hello?"}], **body}
    return read_chat(msgspec.json.encode(whole))[0]


async def chunks_of(provider: Provider, upstream: str, **body: Any) -> list[Chunk]:
    """The whole answer of a model."""
    async with aclosing(provider.answer(wired(**body), a_card(upstream=upstream))) as chunks:
        return [chunk async for chunk in chunks]
