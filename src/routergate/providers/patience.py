"""How long a stream may keep silent."""

import asyncio
from dataclasses import dataclass, field
from math import inf
from typing import Self

import aiohttp


@dataclass(slots=True)
class Patience:
    """How long a stream may go on without getting anywhere; what a slow caller takes does not count.

    One timer serves the whole stream: a timeout around each read would cost more than the reading.
    """

    content: aiohttp.StreamReader
    seconds: float
    over: float
    """When it ends in any case."""
    _left: float = field(init=False)
    _due: float = inf
    """When it ends, while something is waited for."""
    _timer: asyncio.TimerHandle | None = None
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    async def __aenter__(self) -> Self:
        self.renew()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def renew(self) -> None:
        """The stream has got somewhere."""
        self._left = self.seconds

    async def read(self) -> bytes:
        """The next bytes, whatever they are; empty at the end. Raises `TimeoutError`."""
        began = self._loop.time()
        self._due = min(began + self._left, self.over)
        if self._timer is None:
            self._timer = self._loop.call_at(self._due, self._look)
        data = await self.content.readany()
        self._due = inf
        self._left -= self._loop.time() - began
        return data

    def _look(self) -> None:
        """The end that was in sight has come; it may have moved since."""
        self._timer = None
        if self._due <= self._loop.time():
            self.content.set_exception(TimeoutError())
        elif self._due < inf:
            self._timer = self._loop.call_at(self._due, self._look)
