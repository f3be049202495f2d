"""The beginning of an answer, held back until it is known whether it is given."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

from routergate.ports import Chunk


@dataclass(slots=True)
class HeldBack:
    """What has come of an answer, and the rest of it. Whoever does not relay it closes it."""

    chunks: list[Chunk]
    source: AsyncGenerator[Chunk, None]
    whole: bool = False
    """Whether all of it is here."""
    _coming: asyncio.Task[Chunk | None] | None = field(default=None)

    async def fill(self, seconds: float | None = None, characters: float = inf) -> None:
        """Wait for all of it, but no longer, and for no more of it than that; raises as the source does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self.whole and sum(len(chunk.text) for chunk in self.chunks) < characters:
                    if (chunk := await self._next()) is not None:
                        self.chunks.append(chunk)

    async def relay(self) -> AsyncGenerator[Chunk, None]:
        """Everything from the beginning on."""
        try:
            for chunk in self.chunks:
                yield chunk
            while not self.whole:
                if (later := await self._next()) is not None:
                    yield later
        finally:
            await self.close()

    async def close(self) -> None:
        """End the call."""
        coming, self._coming = self._coming, None
        if coming is not None:
            coming.cancel()
            await asyncio.wait({coming})
            if not coming.cancelled():
                coming.exception()  # Seen, so that nobody complains of it.
        await self.source.aclose()

    async def _next(self) -> Chunk | None:
        """The next chunk; `None`: there is none. If it is given up, nothing of the answer is lost."""
        if self._coming is None:
            self._coming = asyncio.ensure_future(_following(self.source))
        await asyncio.wait({self._coming})
        coming, self._coming = self._coming, None
        chunk = coming.result()
        self.whole = chunk is None
        return chunk


async def _following(source: AsyncGenerator[Chunk, None]) -> Chunk | None:
    return await anext(source, None)
