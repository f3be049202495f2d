"""What the HTTP layer is given to work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from aiohttp import web

from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.domain.once import Asked, Reply
from routergate.domain.revenue import Earned
from routergate.gateway import Gateway


class KeyDesk(Protocol):
    """What operators do with keys: words in, JSON out.

    Every method may raise `InvalidRequest`, `UnknownKey`, `KeyConflict` or `StoreUnavailable`.
    """

    async def create(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `id` of a new key, and the `key`, which is never shown again."""

    async def list(self) -> Sequence[Mapping[str, Any]]:
        """Every key, oldest first."""

    async def rotate(self, key_id: str, overlap: str, expires: str | None) -> Mapping[str, Any]:
        """The same for the key that takes over from another."""

    async def disable(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""

    async def enable(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""

    async def revoke(self, key_id: str) -> Mapping[str, Any]:
        """The key as it is now."""

    async def budget(
        self, key_id: str, usd: str | None, window: str | None, *, strict: bool
    ) -> Mapping[str, Any]:
        """The key as it is now, with this budget in place of the one it had; without `usd`, with none."""

    async def audit(self, key: str | None, most: int | None) -> Sequence[Mapping[str, Any]]:
        """What was done, oldest first; to one key, or the last few changes, if so asked."""


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
    reload: Callable[[], Awaitable[Sequence[str]]]
    """Take up the configuration anew; what is wrong with it, if anything is."""
    usage: Callable[[Identity, date, date, Sequence[str]], Awaitable[Any]]
    """Totals of one key between two days, grouped."""
    feedback: Callable[[Identity, Sequence[Feedback]], Awaitable[None]]
    """Take down what a caller says of answers, all or none; may raise `StoreUnavailable`."""
    revenue: Callable[[str, Sequence[Earned]], Awaitable[int]]
    """Take down what an organisation's features and customers earned, all or none; how much was known.

    May raise `IdempotencyConflict` or `StoreUnavailable`."""
    replies: Replies
    replayed: Callable[[], None]
    """Count an answer that was given again."""
    keys: KeyDesk
    budgets: Callable[[str | None, int, int], Awaitable[Any]]
    """How budgets and limits stand: of which organisation (`None`: all), after how many, how many at most."""
    admin_key: str | None


SERVICES = web.AppKey("services", Services)
REQUEST_ID = web.RequestKey("request_id", str)
CLAIM = web.RequestKey("claim", Claim)
"""The right to answer a request that is answered once."""
REPLAYED = web.RequestKey("replayed", bool)
