"""A line to a store that can be cut, and can lose replies."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer


@dataclass
class Line:
    """A go-between on a socket of its own."""

    target: str
    store: Store
    """The store at the other end, through this line."""
    up: bool = True
    replies_to_lose: int = 0
    """So many batches will be done without a word of it."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    @classmethod
    @asynccontextmanager
    async def to(cls, server: EmbeddedServer, path: Path) -> AsyncIterator["Line"]:
        """A line to `server` that is reached at `path`."""
        line = cls(server.url.removeprefix("unix://"), connect(f"unix://{path}", timeout=5))
        async with await asyncio.start_unix_server(line._carry, path):
            yield line
            await line.store.close()
            line.cut()

    def cut(self) -> None:
        """Hang up, and go on hanging up."""
        self.up = False
        for end in self._open:
            end.close()

    def mend(self) -> None:
        """Carry again."""
        self.up = True

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.up:
            writer.close()
            return
        back, forth = await asyncio.open_unix_connection(self.target)
        self._open |= {writer, forth}
        await asyncio.gather(self._pump(reader, forth), self._pump(back, writer, replies=True))

    async def _pump(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, replies: bool = False
    ) -> None:
        while data := await source.read(65536):
            # The script's own text has the word too, when it is sent for the first time.
            if replies and self.replies_to_lose and (b"applied" in data or b"granted" in data):
                self.replies_to_lose -= 1
                break
            sink.write(data)
        sink.close()
        self._open.discard(sink)
