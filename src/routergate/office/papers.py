"""What is asked of the ledger's files and answered, as it goes from one process to the other."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import TypeAlias

import msgspec

from routergate.ledger.newest import Order
from routergate.ledger.record import EventRow

Booked: TypeAlias = tuple[str, str, str, int, str, str, str | None, float | None]
"""A request as `reporting.judged.ASKED` has it."""
Said: TypeAlias = tuple[str, str | None, str | None, int, float | None, float | None]
"""What was said of one, as `reporting.judged.SAID` has it."""


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


class QualityAsked(msgspec.Struct, frozen=True, kw_only=True, tag="quality"):
    """How good models were held for and said to be; with what is not in files yet."""

    ledger: str
    days: tuple[date, date]
    organisation: str | None
    booked: tuple[Booked, ...]
    said: tuple[Said, ...]


Asked: TypeAlias = NewestAsked | SingleAsked | QualityAsked


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one model for one task of one route."""

    route: str
    task: str
    model: str
    requests: int
    estimated: int
    """Of these: the quality was estimated."""
    estimate: float
    """The sum of those estimates."""
    ratings: int | None = None
    """Of these: something was said of the answer; `None`: of none."""
    good: float | None = None
    """The sum of those ratings."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What was found."""

    rows: tuple[EventRow, ...] = ()
    judged: tuple[Judged, ...] = ()
    wrong: str | None = None
    """Why nothing could be read."""


_asked: Callable[[bytes], Asked] = msgspec.msgpack.Decoder(Asked).decode
Ask: TypeAlias = Callable[[Asked], Awaitable[Reply]]
"""Who reads the ledger's files; raises `LedgerUnusable` or `ReportTooLarge`."""
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
