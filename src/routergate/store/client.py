"""The connection to Redis: short timeouts, a bounded pool, and one kind of failure."""

import hashlib
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, cast
from urllib.parse import urlsplit

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError, RedisError

from routergate.domain.errors import ConfigError, StoreUnavailable

Argument = str | bytes | int
Command = Sequence[Argument]


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
    """Redis. Every method raises `StoreUnavailable` when it does not answer in time, and nothing else."""

    place: str
    """Where it is, without the password."""
    _redis: Redis

    async def call(self, *command: Argument) -> Any:
        """The reply to one command."""
        with self._translated():
            return await self._execute(*command)

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to several commands in one round trip; others may come in between."""
        with self._translated():
            async with self._redis.pipeline(transaction=False) as pipeline:
                for command in commands:
                    pipeline.execute_command(*command)
                # Raised by the pipeline itself, an error would quote the command with all its values.
                return _unless_failed(await pipeline.execute(raise_on_error=False))

    async def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument], *, wait_replicas: int = 0
    ) -> Any:
        """What `script` returns; it is sent whole only if the server does not know it yet."""
        with self._translated():
            try:
                return await self._execute("EVALSHA", script.sha, len(keys), *keys, *arguments)
            except NoScriptError:
                return await self._execute("EVAL", script.text, len(keys), *keys, *arguments)

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
        await self.call("PING")

    async def close(self) -> None:
        """Let go of every connection."""
        await self._redis.aclose()

    def _execute(self, *command: Argument) -> Awaitable[Any]:
        reply: Awaitable[Any] = self._redis.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's gap
        return reply

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"The store at {self.place} does not answer: {_reason(error)}") from error


def connect(
    url: str, *, timeout: float = 0.25, connect_timeout: float = 0.25, max_connections: int = 16
) -> Store:
    """A store that connects when it is first used, and again whenever the connection was lost.

    `url` is `redis://`, `rediss://` (TLS) or `unix://`. Timeouts are in seconds; what the URL's own
    query says wins.
    """
    try:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=max_connections,
            timeout=timeout,
            socket_timeout=timeout,
            socket_connect_timeout=connect_timeout,
            health_check_interval=15,
            protocol=2,
            # A lost reply does not say whether the command was done: only the caller can tell what a
            # second try would do.
            retry=Retry(NoBackoff(), 0),
            **_keepalive(url),
        )
    except ValueError as error:
        raise ConfigError([f"The store's URL cannot be used ({_place(url)}): {error}"]) from error
    return Store(_place(url), Redis.from_pool(pool))


def _keepalive(url: str) -> dict[str, bool]:
    return {} if url.startswith("unix:") else {"socket_keepalive": True}


def _unless_failed(replies: list[Any]) -> list[Any]:
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def _reason(error: Exception) -> str:
    text = str(error).partition("\n")[0][:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _place(url: str) -> str:
    """The URL without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
