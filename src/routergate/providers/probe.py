"""Whether a server says that it is well, asked of an address that costs nothing."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

import aiohttp

from routergate.ports import Probe

PATIENCE: Final = 2.0
"""Seconds for a status line."""


@dataclass(frozen=True, slots=True)
class HttpProbe:
    """A GET whose status says it; the body is not read."""

    url: str
    session: aiohttp.ClientSession
    headers: Mapping[str, str]

    async def well(self) -> bool:
        """Whether it is below 500, in time: a server that knows no such address is there."""
        try:
            async with asyncio.timeout(PATIENCE), self._get() as answer:
                return answer.status < 500
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    def _get(self) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self.session.get(self.url, headers=self.headers, allow_redirects=False)


_: type[Probe] = HttpProbe
