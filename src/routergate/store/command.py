"""What a store is asked, and how long it may take."""

from collections.abc import Sequence
from typing import Any

from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

Argument = str | bytes | int
Command = Sequence[Argument]


def key_of(command: Command) -> str:
    """The key that decides about the node; empty for what is about the server as a whole."""
    place = 3 if command[0] in {"EVAL", "EVALSHA"} else 1
    return str(command[place]) if len(command) > place else ""


def limits(timeout: float) -> dict[str, Any]:
    """What redis-py is told: not to wait for long, and not to try again by itself."""
    return {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "socket_keepalive": True,
        "protocol": 2,
        # A lost reply does not say whether the command was done: only the caller can tell what a second
        # try would do.
        "retry": Retry(NoBackoff(), 0),
    }
