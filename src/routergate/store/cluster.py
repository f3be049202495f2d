"""A cluster of Redis servers, and where in it a key is."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio.cluster import ClusterNode, RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import AskError, ClusterError, MovedError, RedisClusterException, ResponseError
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import TimeoutError as NoReply

from routergate.store.address import Address
from routergate.store.command import Command, key_of, limits
from routergate.store.link import opened, read


class Cluster:
    """The primaries of a cluster. Whenever one does not answer, the nodes are looked for anew."""

    def __init__(self, client: "_Client") -> None:
        self._client = client

    def node(self, key: str) -> str:
        try:
            found = self._client.get_node_from_key(key)
        except RedisClusterException:  # no node is known yet
            return ""
        return found.name if found else ""

    async def inform(self) -> None:
        async with self._informed():
            pass

    def nodes(self) -> Collection[str]:
        return [node.name for node in self._client.get_primaries()] or [""]

    async def execute(self, command: Command) -> Any:
        try:
            async with self._informed() as client:
                return await client.execute_command(*command)
        except ClusterError as error:
            return await self._found(command, error)

    async def together(self, commands: Sequence[Command]) -> list[Any]:
        async with self._informed() as client, client.pipeline() as pipeline:
            for command in commands:
                _ = pipeline.execute_command(*command)
            replies = await pipeline.execute(raise_on_error=False)
        return [
            await self._found(command, reply) if isinstance(reply, ClusterError) else reply
            for command, reply in zip(commands, replies, strict=True)
        ]

    async def connect(self, node: str) -> AbstractConnection:
        async with self._informed() as client:
            known = client.get_node(node_name=node)
            if known is None:
                raise ConnectionLost(f"{node} is no node of the cluster any more")
            return await opened(known.connection_class(**known.connection_kwargs))

    def missed(self, node: str) -> None:  # noqa: ARG002  all are looked for
        _ = self._client.begin_search()

    def understood(self, command: Command, reply: Any) -> Any:
        return read(self._client.response_callbacks, command, reply)

    async def in_turn(self, key: str, commands: Sequence[Command]) -> list[Any]:
        replies = await self._once(key, commands)
        if isinstance(replies[0], MovedError):
            await self._client.search()
            replies = await self._once(key, commands)
        return replies

    async def ping(self) -> None:
        async with self._informed() as client:
            await client.execute_command("PING", target_nodes=RedisCluster.PRIMARIES)

    async def close(self) -> None:
        await self._client.aclose()

    async def _found(self, command: Command, error: ClusterError) -> Any:
        """The reply to a command that has lost its way: nobody has done it.

        Where a slot is being moved, redis-py may ask for admission on one connection and enter by another.
        """
        if isinstance(error, ResponseError):  # no: the cluster is down
            raise error
        [reply] = await self.in_turn(key_of(command), [command])
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def _once(self, key: str, commands: Sequence[Command]) -> list[Any]:
        async with self._informed() as client:
            replies = await _on_node(client, client.get_node_from_key(key), commands)
            match replies[0]:
                case MovedError():
                    return replies
                case AskError(host=host, port=port):  # the key is just being moved there
                    return (await _on_node(client, client.get_node(host, port), [("ASKING",), *commands]))[1:]
            return replies

    @asynccontextmanager
    async def _informed(self) -> AsyncIterator["_Client"]:
        """The client, when it knows any nodes."""
        if not self._client.informed:
            await self._client.search()
        try:
            yield self._client
        except ResponseError:
            raise
        # A cancellation is how a call ends that takes too long.
        except (ConnectionLost, NoReply, OSError, RedisClusterException, asyncio.CancelledError):
            _ = self._client.begin_search()
            raise


class _Client(RedisCluster):
    """redis-py's client, but calls do not wait for a search for the nodes if any are known.

    By itself it holds them up, and searches after single commands only, not after pipelines.
    """

    _running: "asyncio.Task[None] | None" = None

    @property
    def informed(self) -> bool:
        return bool(self.nodes_manager.slots_cache)

    def begin_search(self) -> "asyncio.Task[None]":
        """The search that runs, or a new one."""
        if self._running is None or self._running.done():
            self._running = asyncio.ensure_future(self.nodes_manager.initialize())
            self._running.add_done_callback(_seen)
        return self._running

    async def search(self) -> None:
        """Whoever gives up waiting does not end the search: the next one may find it done."""
        try:
            await asyncio.shield(self.begin_search())
        except RedisClusterException as error:
            # Elsewhere these can quote a command with all its values; here they say what the operator needs.
            raise ConnectionLost(str(error)) from error

    async def initialize(self, *_: object, **__: object) -> "_Client":
        """What redis-py calls when it wants to know the nodes."""
        self._initialize = False
        if self.informed:
            self._running = self.begin_search()
        else:
            await self.search()
        return self

    async def aclose(self) -> None:
        if self._running:
            self._running.cancel()
            await asyncio.wait([self._running])
        # Else it would leave the connections of nodes open that are to be looked for.
        self._initialize = False
        await super().aclose()


class _KeyFirst:
    """Where commands have their keys: here always first.

    redis-py would ask a node for its table of commands whenever it looks for the nodes: the first primary,
    be it alive or not.
    """

    async def initialize(self, node: ClusterNode | None = None) -> None:
        """Nothing has to be asked."""

    async def get_keys(self, command: str, *operands: Any) -> Sequence[Any]:  # noqa: ARG002  whatever it is
        return operands[:1]


async def _on_node(client: _Client, node: ClusterNode | None, commands: Sequence[Command]) -> list[Any]:
    async with client.pipeline() as pipeline:
        for command in commands:
            _ = pipeline.execute_command(*command, target_nodes=node)
        return await pipeline.execute(raise_on_error=False, allow_redirections=False)


def _seen(search: "asyncio.Task[None]") -> None:
    """Even if all who waited have gone: else asyncio complains of a lost exception."""
    if not search.cancelled():
        search.exception()


def cluster(address: Address, timeout: float) -> Cluster:
    """The cluster at an address."""
    client = _Client(
        startup_nodes=[ClusterNode(host, port) for host, port in address.hosts],
        # The hosts of the URL stay those that are asked where the others are: their names outlive addresses.
        dynamic_startup_nodes=False,
        # A node that has moved is noted; to begin anew would cut the calls that run.
        reinitialize_steps=0,
        max_connections=1024,
        **{**limits(timeout), "health_check_interval": 15, "ssl": address.tls, **address.options},
    )
    client.commands_parser = _KeyFirst()  # type: ignore[assignment]  # all of it that is used
    return Cluster(client)
