"""What is behind a store: one server, one found through Sentinel, or a cluster of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from redis.asyncio import ConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import Sentinel

from routergate.store.address import CLUSTER, Address, kind_of, parse
from routergate.store.cluster import cluster
from routergate.store.command import Command, limits
from routergate.store.link import opened, read

ONLY = "the only one"
"""A node that has no others beside it."""


class Servers(Protocol):
    """Redis, however many servers it is. What goes wrong comes as redis-py's exceptions."""

    def node(self, key: str) -> str:
        """The name of the node that has `key`; empty if no node is known yet."""

    async def inform(self) -> None:
        """Return when nodes are known."""

    def nodes(self) -> Collection[str]:
        """The names of all nodes that are written to, as far as is known."""

    async def execute(self, command: Command) -> Any:
        """The reply to a command, whose key stands first."""

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        """The replies to several, in one round trip to each node; errors are among them, not raised."""

    async def connect(self, node: str) -> AbstractConnection:
        """A connection to a node, open and nobody else's."""

    def missed(self, node: str) -> None:
        """The node did not answer on such a connection; perhaps another one has its place by now."""

    def understood(self, command: Command, reply: Any) -> Any:
        """A reply on such a connection, as redis-py gives it."""

    async def in_turn(self, key: str, commands: Sequence[Command]) -> list[Any]:
        """The replies to several, all of them on one connection to the node that has `key`."""

    async def ping(self) -> None:
        """Return when every node that is written to has answered."""

    async def close(self) -> None:
        """Let go of every connection."""


def reach(url: str, timeout: float) -> Servers:
    """The servers behind a URL; raises `ValueError` or `TypeError` if it cannot be one."""
    if not kind_of(url):
        return OneServer(Redis.from_pool(ConnectionPool.from_url(url, **_options(url, timeout))))
    address = parse(url)
    return cluster(address, timeout) if address.kind == CLUSTER else _behind_sentinels(address, timeout)


@dataclass(frozen=True, slots=True)
class OneServer:
    """A single server, or the one that Sentinels name as the primary just now."""

    _redis: Redis
    _sentinels: Sentinel | None = None

    def node(self, key: str) -> str:  # noqa: ARG002  whatever the key
        return ONLY

    async def inform(self) -> None:
        pass

    def nodes(self) -> Collection[str]:
        return (ONLY,)

    async def execute(self, command: Command) -> Any:
        return await self._redis.execute_command(*command)  # type: ignore[no-untyped-call]  # redis-py's gap

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            # Raised by the pipeline itself, an error would quote the command with all its values.
            return await pipeline.execute(raise_on_error=False)

    async def connect(self, node: str) -> AbstractConnection:  # noqa: ARG002  there is one
        return await opened(self._redis.connection_pool.make_connection())  # type: ignore[no-untyped-call]  # redis-py's gap

    def missed(self, node: str) -> None:
        pass

    def understood(self, command: Command, reply: Any) -> Any:
        return read(self._redis.response_callbacks, command, reply)

    async def in_turn(self, key: str, commands: Sequence[Command]) -> list[Any]:  # noqa: ARG002  one for all
        return await self.together(commands)

    async def ping(self) -> None:
        await self.execute(["PING"])

    async def close(self) -> None:
        await self._redis.aclose()
        if self._sentinels:
            await self._sentinels.aclose()


def _behind_sentinels(address: Address, timeout: float) -> OneServer:
    options = dict(address.options)
    credentials = {name: options.pop(f"sentinel_{name}", None) for name in ("username", "password")}
    certificates = {name: value for name, value in options.items() if name.startswith("ssl_")}
    # So that a call survives Sentinels that hang, all but one of them.
    share = timeout / (len(address.hosts) + 1)
    sentinels = Sentinel(  # type: ignore[no-untyped-call]  # redis-py's gap
        address.hosts,
        sentinel_kwargs={**limits(share), "ssl": address.tls, **certificates, **credentials},
    )
    redis = sentinels.master_for(
        address.service, **{**limits(timeout), "health_check_interval": 15, "ssl": address.tls, **options}
    )
    return OneServer(redis, sentinels)


def _options(url: str, timeout: float) -> Mapping[str, Any]:
    told = limits(timeout)
    if url.startswith("unix:"):
        del told["socket_keepalive"]
    return {**told, "health_check_interval": 15}
