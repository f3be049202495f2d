"""What the HTTP layer is given to work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from routergate.api.admin.office import Office
from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.domain.once import Asked, Reply
from routergate.gateway import Gateway


class Claim(Protocol):
    """The right to answer a request, and nobody else's meanwhile."""

    room: int
    """Bytes that an answer may have to be kept."""

    async def keep(self, reply: Reply) -> None:
        """Let the request be answered so for a day, or refused if there is no room; does not raise."""


class Replies(Protocol):
    """Answers that can be given again."""

    def claim(self, asked: Asked) -> AbstractAsyncContextManager[Claim | Reply]:
        """The right to answer, or what was answered. A claim that kept nothing is free again at the end.

        Raises `IdempotencyConflict`, `IdempotencyInProgress`, `IdempotencyNotKept` or `StoreUnavailable`.
        """


class Followed(Protocol):
    """A request that is traced."""

    def answered(self, status: int) -> None:
        """Note the status that the caller saw."""


class Tracing(Protocol):
    """What follows requests through the systems of those who send them."""

    def request(self, method: str, path: str, headers: Mapping[str, str]) -> AbstractContextManager[Followed]:
        """One request, while it runs, at a path as it is registered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything behind the handlers, as plain calls."""

    gateway: Callable[[], Gateway]
    """The one in force now; a request keeps the one with which it began."""
    loaded_at: Callable[[], int]
    """When its configuration was loaded, seconds since the epoch."""
    new_id: Callable[[], str]
    refused: Callable[[int, str], None]
    """Count a request that was answered with an error: status and code."""
    not_admitted: Callable[[str, str], None]
    """Count a request that a budget or limit turned away: its scope, and why."""
    readiness: Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
    exposition: Callable[[str], Awaitable[tuple[bytes, str]]]
    """The metrics of all workers in a format that the scraper accepts, and their content type."""
    usage: Callable[[Identity, date, date, Sequence[str]], Awaitable[Any]]
    """Totals of one key between two days, grouped."""
    feedback: Callable[[Identity, Sequence[Feedback]], Awaitable[None]]
    """Take down what a caller says of answers, all or none; may raise `StoreUnavailable`."""
    replies: Replies
    replayed: Callable[[], None]
    """Count an answer that was given again."""
    office: Office
    """What the admin API works with."""
    concerns: Callable[[str], object]
    """Say whose the lines are that are logged from now on: the id of the request."""
    tracing: Tracing | None = None
    """`None`: nobody traces requests."""


SERVICES = web.AppKey("services", Services)
REQUEST_ID = web.RequestKey("request_id", str)
CLAIM = web.RequestKey("claim", Claim)
"""The right to answer a request that is answered once."""
REPLAYED = web.RequestKey("replayed", bool)
