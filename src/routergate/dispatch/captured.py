"""Answers that are kept with their requests, as they go by."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from routergate.domain.exchange import Exchange
from routergate.ports import Capture, Chunk

LARGEST: Final = 2 * 1024 * 1024
"""Bytes of an answer; a larger one is not kept."""


def captured(
    capture: Capture, exchange: Exchange, chunks: AsyncGenerator[Chunk, None]
) -> AsyncGenerator[Chunk, None]:
    """The same chunks, given as they come; what is wanted is taken once it is whole."""
    return _watched(capture, exchange, chunks) if capture.wants(exchange) else chunks


async def _watched(
    capture: Capture, exchange: Exchange, chunks: AsyncGenerator[Chunk, None]
) -> AsyncGenerator[Chunk, None]:
    seen, size = list[Chunk](), 0
    async with aclosing(chunks):
        async for chunk in chunks:
            size += len(chunk.data)
            if size <= LARGEST:
                seen.append(chunk)
            yield chunk
    if size <= LARGEST:
        capture.take(exchange, seen)
