"""What is asked of the ledger's files and answered, as it goes from one process to the other."""

from collections.abc import Callable
from datetime import date
from typing import TypeAlias

import msgspec

from routergate.ledger.newest import Order
from routergate.ledger.record import EventRow


class NewestAsked(msgspec.Struct, frozen=True, kw_only=True, tag="newest"):
    """The newest requests that arrived in some days (UTC, both included)."""

    ledger: str
    """A directory or a URI."""
    days: tuple[date, date]
    where: dict[str, str | None]
    """By dimension; `None`: those that have none."""
    since: int
    """Nanoseconds since the epoch."""
    before: Order
    most: int


class SingleAsked(msgspec.Struct, frozen=True, kw_only=True, tag="single"):
    """One request that arrived in some days, if it is there."""

    ledger: str
    days: tuple[date, date]
    id: str
    organisation: str | None


Asked: TypeAlias = NewestAsked | SingleAsked


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    rows: tuple[EventRow, ...] = ()
    wrong: str | None = None
    """Why nothing could be read."""


_asked: Callable[[bytes], Asked] = msgspec.msgpack.Decoder(Asked).decode
HEAD = 4
"""Bytes before each message, which say how long it is."""


def sent(message: Asked | Reply) -> bytes:
    """A message as it goes over a pipe."""
    content = msgspec.msgpack.encode(message)
    return len(content).to_bytes(HEAD) + content


def length(head: bytes) -> int:
    """How many bytes the message has."""
    return int.from_bytes(head)


def asked(content: bytes) -> Asked:
    """A question, read."""
    return _asked(content)


def reply(content: bytes) -> Reply:
    """An answer, read."""
    return msgspec.msgpack.decode(content, type=Reply)
