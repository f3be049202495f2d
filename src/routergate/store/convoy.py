"""Calls that come while others are on their way travel together, in one round trip."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisClusterException, RedisError
from redis.exceptions import TimeoutError as NoReply

from routergate.store.command import Command
from routergate.store.link import Link, packed

LARGEST = 64
"""Calls in one round trip: enough to be quick, few enough not to keep the next ones waiting."""


@dataclass(frozen=True, slots=True)
class _Passenger:
    command: bytes
    copies: int
    arrived: asyncio.Future[tuple[Any, int]]


@dataclass(slots=True)
class Convoy:
    """The calls to one node.

    When it does not answer in time, nobody behind waits in vain: whoever is there fails with those who were
    on their way.
    """

    connect: Callable[[], Awaitable[AbstractConnection]]
    """Opens a connection of our own to the node."""
    missed: Callable[[], None]
    """Told that the node did not answer."""
    limit: float
    """Seconds."""
    wait: Callable[[int], Command]
    """The command that waits until so many replicas have what was written before it."""
    _waiting: list[_Passenger] = field(default_factory=list)
    _driver: asyncio.Task[None] | None = None
    _link: Link | None = None

    async def call(self, command: Command, copies: int = 0) -> tuple[Any, int]:
        """The reply, and how many replicas have what the command wrote, if `copies` were asked for.

        Raises what the client raises; an error that the server replied is returned.
        """
        arrived: asyncio.Future[tuple[Any, int]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Passenger(packed(command), copies, arrived))
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive())
        return await arrived

    async def close(self) -> None:
        """Leave those who still wait without an answer."""
        if self._driver is not None and not self._driver.done():
            self._driver.cancel()
            await asyncio.wait([self._driver])
        await self._unlink()

    async def _drive(self) -> None:
        while self._waiting:
            load, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            try:
                replies = await self._sent(load)
            except asyncio.CancelledError:
                _fail([*load, *self._waiting], ConnectionError("the store is closed"))
                raise
            except (RedisError, RedisClusterException, OSError) as failure:
                self.missed()
                behind, self._waiting = self._waiting, []
                _fail([*load, *behind], failure)
            else:
                _deliver(load, replies)

    async def _sent(self, load: Sequence[_Passenger]) -> Sequence[Any]:
        """The replies to all, then the number of replicas that have them."""
        link = self._link
        if link is None or link.lost:
            link = await self._linked()
        commands = [one.command for one in load]
        if copies := max(one.copies for one in load):
            return await link.ask([*commands, packed(self.wait(copies))], self.limit)
        return [*await link.ask(commands, self.limit), 0]

    async def _linked(self) -> Link:
        await self._unlink()
        try:
            async with asyncio.timeout(self.limit):
                self._link = Link(await self.connect())
        except TimeoutError:
            raise NoReply(f"no connection within {self.limit:g} s") from None
        return self._link

    async def _unlink(self) -> None:
        if self._link is not None:
            link, self._link = self._link, None
            with suppress(RedisError, OSError):
                await link.close()


def _deliver(load: Sequence[_Passenger], replies: Sequence[Any]) -> None:
    copies = 0 if isinstance(replies[-1], Exception) else int(replies[-1])
    for one, reply in zip(load, replies, strict=False):
        if not one.arrived.done():
            one.arrived.set_result((reply, copies))


def _fail(load: Sequence[_Passenger], failure: Exception) -> None:
    for one in load:
        if not one.arrived.done():
            one.arrived.set_exception(failure)
