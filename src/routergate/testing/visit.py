"""One request on its way through the simulator, and the record that it leaves."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

from aiohttp import web

from routergate.testing.calls import Call, Ended


class Visit:
    """Keeps the record of one call up to date; `publish` is told every new state."""

    def __init__(self, request: web.Request, call: Call, publish: Callable[[Call], None]) -> None:
        self.request, self.call = request, call
        self._publish = publish
        self._arrived = asyncio.get_running_loop().time()
        self.stuck = False
        """Whether a fault keeps the client waiting."""
        self.report: Callable[[], dict[str, str]] = dict
        """Headers that tell the server's load."""
        publish(call)

    def note(self, **changes: Any) -> None:
        """Change the record."""
        self.call = replace(self.call, **changes)
        self._publish(self.call)

    def end(self, how: Ended) -> None:
        """The first word on how the call ended is the last one."""
        if self.call.ended is None:
            self.note(ended=how)

    def wrote(self, tokens: int, prompt_tokens: int) -> None:
        """An event is on its way, and its tokens are billed."""
        events, output = self.call.events + 1, self.call.output_tokens + tokens
        self.note(events=events, output_tokens=output, prompt_tokens=prompt_tokens)

    def left(self, *, stopping: bool) -> None:
        """The connection is gone: closed by a fault, by the simulator's end or by the client."""
        if self.call.ended is not None:
            return
        if stopping:
            self.note(ended=Ended.STOPPED)
        else:
            after = asyncio.get_running_loop().time() - self._arrived
            self.note(ended=Ended.FAULTED if self.stuck else Ended.ABORTED, hung_up_after=after)

    async def close(self) -> NoReturn:
        """Close the connection without a word."""
        self.end(Ended.FAULTED)
        await close(self.request)

    async def hang(self) -> NoReturn:
        """Keep the connection open, and say nothing more."""
        self.stuck = True
        await hang()


async def close(request: web.Request) -> NoReturn:
    """Close the connection of `request`, once what was written is out."""
    if request.transport is not None:
        request.transport.close()
    await hang()


async def hang() -> NoReturn:
    """Wait for the cancellation that comes when the connection is gone."""
    while True:
        await asyncio.get_running_loop().create_future()
