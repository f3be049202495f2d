"""The store: short timeouts, no waiting for what is away, and one kind of failure."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from importlib.resources import files
from time import monotonic
from typing import Any, cast

from redis.exceptions import (
    AskError,
    MovedError,
    NoScriptError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as ConnectionLost

from routergate.domain.errors import ConfigError, StoreUnavailable
from routergate.store.address import place
from routergate.store.breaker import Breakers
from routergate.store.command import Argument, Command, key_of
from routergate.store.convoy import Convoy
from routergate.store.servers import Servers, reach

__all__ = ["Argument", "Command", "Script", "Store", "connect"]

LIMIT = 0.25
"""Seconds that a call may take in all, unless told otherwise."""
COPIED_WITHIN = 100
"""Milliseconds that replicas have to confirm a write."""


@dataclass(frozen=True, slots=True)
class Script:
    """A Lua script, known to the server by its SHA-1."""

    text: str
    sha: str

    @classmethod
    def packaged(cls, package: str, *names: str) -> "Script":
        """The script in the files `names` of `package`, one after the other."""
        folder = files(package)
        text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
        return cls(text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True, slots=True)
class Store:
    """Redis. Every method raises `StoreUnavailable` when it does not answer in time, and nothing else.

    After a few calls without an answer calls fail at once. Once a second one of them has the node asked
    whether it is back, and does not wait for that.
    In a cluster the keys of one command or script must share a hash tag.
    """

    place: str
    """Where it is, without the password."""
    _servers: Servers
    _limit: float
    _turns: asyncio.Semaphore
    _breakers: Breakers = field(default_factory=Breakers)
    _convoys: dict[str, Convoy] = field(default_factory=dict)
    """By node."""
    _probes: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """By node: the last one."""

    @property
    def up(self) -> bool:
        """Whether it answered when it was last called, every node of it."""
        return self._breakers.all_answer(self._servers.nodes())

    @property
    def failures(self) -> int:
        """Calls that were made and not answered, so far."""
        return self._breakers.failures

    async def call(self, *command: Argument) -> Any:
        """The reply to one command."""
        key = key_of(command)
        reply, _ = await self._answered(key, command)
        return self._servers.understood(command, reply)

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to several commands in one round trip; others may come in between.

        In a cluster it is one round trip to each node, all at the same time.
        """
        async with self._attempt(key_of(commands[0]) if commands else ""):
            return _unless_failed(await self._servers.together(commands))

    async def run(
        self,
        script: Script,
        keys: Sequence[str],
        arguments: Sequence[Argument],
        *,
        wait_replicas: int = 0,
    ) -> Any:
        """What `script` returns; it is sent whole only if the server does not know it yet.

        With `wait_replicas`, so many replicas have confirmed what it wrote. If they did not, it raises
        `StoreUnavailable`, and the write may yet stand.
        """
        operands = (len(keys), *keys, *arguments)
        reply, copies = await self._answered(keys[0], ("EVALSHA", script.sha, *operands), wait_replicas)
        if isinstance(reply, NoScriptError):
            reply, copies = await self._answered(keys[0], ("EVAL", script.text, *operands), wait_replicas)
        if copies < wait_replicas:
            raise StoreUnavailable(
                f"The store at {self.place} has written it, but {copies} of {wait_replicas} replicas have "
                f"confirmed that within {COPIED_WITHIN} ms."
            )
        return reply

    async def get_field(self, key: str, field: str) -> bytes | None:
        """One field of a hash."""
        return cast("bytes | None", await self.call("HGET", key, field))

    async def fields(self, key: str) -> Mapping[bytes, bytes]:
        """All fields of a hash; empty if there is no such hash."""
        return cast("Mapping[bytes, bytes]", await self.call("HGETALL", key))

    async def members(self, key: str) -> frozenset[str]:
        """All members of a set; empty if there is no such set."""
        return frozenset(member.decode() for member in await self.call("SMEMBERS", key))

    async def ping(self) -> None:
        """Return if the store answers, raise `StoreUnavailable` if it does not."""
        async with self._attempt(""):
            await self._servers.ping()

    async def close(self) -> None:
        """Let go of every connection."""
        for probe in self._probes.values():
            probe.cancel()
        await asyncio.gather(*self._probes.values(), return_exceptions=True)
        for convoy in self._convoys.values():
            await convoy.close()
        await self._servers.close()

    async def _answered(self, key: str, command: Command, copies: int = 0) -> tuple[Any, int]:
        """What the node of `key` replies, or that it does not know a script; what comes of it is noted.

        And how many replicas have what it wrote, if that was asked.
        """
        node = self._servers.node(key)
        self._admit(node)
        with self._counted(node):
            reply, confirmed = await self._ran(node, key, command, copies)
            if isinstance(reply, Exception) and not isinstance(reply, NoScriptError):
                raise reply
        return reply, confirmed

    async def _ran(self, node: str, key: str, command: Command, copies: int) -> tuple[Any, int]:
        if not node:
            await self._inform()
            node = self._servers.node(key)
        reply, confirmed = await self._convoy(node).call(command, copies)
        if not isinstance(reply, MovedError | AskError):
            return reply, confirmed
        # The key has moved to another node, and nothing was done.
        replies = await self._servers.in_turn(key, [command, _wait(copies)] if copies else [command])
        return replies[0], int(_unless_failed(replies[1:])[0]) if copies else 0

    @asynccontextmanager
    async def _attempt(self, key: str) -> AsyncIterator[None]:
        """One call by itself, in time and in turn."""
        node = self._servers.node(key)
        self._admit(node)
        with self._counted(node):
            async with asyncio.timeout(self._limit), self._turns:
                yield

    def _admit(self, node: str) -> None:
        """Raise if the node does not answer lately; now and then have it asked whether it is back."""
        breaker = self._breakers.of(node)
        if not breaker.open:
            return
        if breaker.admits(monotonic()):
            self._probes[node] = asyncio.create_task(self._probe(node))
        raise StoreUnavailable(
            f"The store at {self.place} does not answer; it is asked again within {breaker.rest:g} s."
        )

    @contextmanager
    def _counted(self, node: str) -> Iterator[None]:
        """A call to a node: what comes of it is noted, and told in our words."""
        try:
            yield
        except ResponseError as refusal:
            self._breakers.of(node).answered()
            raise self._unavailable(refusal) from refusal
        except (RedisError, RedisClusterException, OSError) as failure:
            self._breakers.failed(node, monotonic())
            raise self._unavailable(failure) from failure
        self._breakers.of(node).answered()

    async def _probe(self, node: str) -> None:
        """Find out whether a node is back; no request waits for that."""
        with suppress(StoreUnavailable), self._counted(node):
            await (self._convoy(node).call(("PING",)) if node else self._inform())

    def _convoy(self, node: str) -> Convoy:
        if node not in self._convoys:
            self._convoys[node] = Convoy(
                partial(self._servers.connect, node), partial(self._servers.missed, node), self._limit, _wait
            )
        return self._convoys[node]

    async def _inform(self) -> None:
        async with asyncio.timeout(self._limit):
            await self._servers.inform()

    def _unavailable(self, error: Exception) -> StoreUnavailable:
        return StoreUnavailable(f"The store at {self.place} does not answer: {_reason(error)}")


def connect(url: str, *, timeout: float = LIMIT, max_connections: int = 16) -> Store:
    """A store that connects when it is first used, and again whenever the connection was lost.

    `url` is `redis://` (TLS: `rediss://`), `unix://`, `redis+sentinel://host,host/service` or
    `redis+cluster://host,host`. No call takes longer than `timeout` seconds, and so many run at once at most.
    """
    try:
        servers = reach(url, timeout)
    except (ValueError, TypeError, RedisClusterException) as error:
        raise ConfigError([f"The store's URL cannot be used ({place(url)}): {error}"]) from error
    return Store(place(url), servers, timeout, asyncio.Semaphore(max_connections))


def _wait(copies: int) -> Command:
    return "WAIT", copies, COPIED_WITHIN


def _unless_failed(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def _reason(error: Exception) -> str:
    """What the server or the system says; other messages of the client can quote values."""
    quotable = isinstance(error, ResponseError | ConnectionLost | OSError)
    text = str(error).partition("\n")[0][:200] if quotable else ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
