"""One connection to a server: several commands are written at once, and their replies read as they come."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from hiredis import Reader, pack_command
from redis._parsers import BaseParser
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ConnectionError as ConnectionLost
from redis.exceptions import InvalidResponse, ReadOnlyError
from redis.exceptions import TimeoutError as NoReply

from routergate.store.command import Command

TURNS = 5
"""Turns that the event loop has taken at least before a reply counts as missing: where the loop is behind,
time alone says nothing about the node."""
_NOTHING = object()


def packed(command: Command) -> bytes:
    """The command as it goes over the wire."""
    return cast("bytes", pack_command(tuple(command)))  # type: ignore[arg-type]  # it says a tuple of one


async def opened(connection: AbstractConnection) -> AbstractConnection:
    """The connection, with the server at its other end."""
    try:
        await connection.connect()  # type: ignore[no-untyped-call]  # redis-py's gap
    except BaseException:
        await connection.disconnect(nowait=True)
        raise
    return connection


def read(callbacks: Mapping[Any, Callable[[Any], Any]], command: Command, reply: Any) -> Any:
    """The reply as redis-py's callback for its command makes it out."""
    understand = callbacks.get(command[0])
    return understand(reply) if understand else reply


class Link(asyncio.Protocol):
    """A connection that redis-py has made: it knows about TLS, passwords and Sentinels.

    What is asked and answered on it is not redis-py's business any more: its pipelines take several times as
    long for the same bytes.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        """`connection` is open, and nobody else uses it."""
        writer = connection._writer  # noqa: SLF001  redis-py has no public way to its transport
        if writer is None:
            raise ConnectionLost("The connection has ended before it was used.")
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._reader = Reader(
            protocolError=InvalidResponse, replyError=BaseParser.parse_error, notEnoughData=_NOTHING
        )
        self._replies: list[Any] = []
        self._expected = 0
        self._arrived: asyncio.Future[list[Any]] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.lost = False
        """Whether it is of no more use."""
        self._transport = writer.transport
        self._transport.set_protocol(self)

    async def ask(self, commands: Sequence[bytes], limit: float) -> list[Any]:
        """The replies to packed commands; errors are among them, not raised. One call at a time.

        Raises redis-py's errors, and is lost, when the replies do not come within `limit` seconds.
        """
        self._replies, self._expected = [], len(commands)
        arrived: asyncio.Future[list[Any]] = self._loop.create_future()
        self._arrived = arrived
        self._transport.write(b"".join(commands))
        self._wait(limit / TURNS, TURNS)
        try:
            return await arrived
        except asyncio.CancelledError:
            self.lost = True  # the replies would be taken for the next ones'
            raise
        finally:
            self._arrived = None
            if self._timer:
                self._timer.cancel()

    async def close(self) -> None:
        """Let go of the connection, whatever is still on its way."""
        self.lost = True
        self._transport.abort()
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """What asyncio calls with what has come."""
        self._reader.feed(data)
        try:
            while (reply := self._reader.gets()) is not _NOTHING:
                self._take(reply)
        except InvalidResponse as failure:
            self._fail(failure)

    def connection_lost(self, exc: Exception | None) -> None:
        """What asyncio calls when the connection has ended."""
        self._fail(ConnectionLost(str(exc) if exc else "Connection closed by server."))

    def _take(self, reply: Any) -> None:
        # Another server is to be looked for, or this one asked again when it lets us in.
        self.lost = self.lost or isinstance(reply, ReadOnlyError | ConnectionLost)
        self._replies.append(reply)
        if len(self._replies) == self._expected and self._arrived and not self._arrived.done():
            self._arrived.set_result(self._replies)

    def _fail(self, failure: Exception) -> None:
        self.lost = True
        if self._arrived and not self._arrived.done():
            self._arrived.set_exception(failure)

    def _wait(self, turn: float, turns: int) -> None:
        if turns:
            self._timer = self._loop.call_later(turn, self._wait, turn, turns - 1)
        else:
            self._fail(NoReply("no reply in time"))
