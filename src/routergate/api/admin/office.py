"""What the admin API is given to work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol, TypeAlias

from routergate.domain.operator import Operator, Role
from routergate.domain.revenue import Earned

Rows: TypeAlias = Sequence[Mapping[str, Any]]
Page: TypeAlias = tuple[Rows, str | None]
"""Rows in JSON's terms, and where the next ones begin; `None`: there are no more."""
Told: TypeAlias = Awaitable[Mapping[str, Any]]


class KeyDesk(Protocol):
    """What operators do with keys: words in, JSON out.

    Every method may raise `InvalidRequest`, `UnknownKey`, `KeyConflict` or `StoreUnavailable`.
    """

    async def create(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """The `id` of a new key, and the `key`, which is never shown again."""

    async def list(self) -> Rows:
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


class Sessions(Protocol):
    """Who has logged in. Every method but `role_of` may raise `StoreUnavailable`."""

    @property
    def keys(self) -> Mapping[Role, str]:
        """The operators' keys; without any of them, nobody gets in."""

    def role_of(self, key: str) -> Role | None:
        """Whose key it is; `None`: no operator's."""

    async def begin(self, key: str, peer: str | None) -> tuple[str, Operator]:
        """A token that nobody else has, and who holds it; raises `Unauthenticated` or `TooManyTries`."""

    async def find(self, token: str) -> Operator:
        """Who holds it, whose session goes on from now; raises `SessionEnded`."""

    async def end(self, token: str) -> None:
        """Let the token open nothing any more."""


class AuditLog(Protocol):
    """Who did what. Every method may raise `StoreUnavailable`."""

    async def note(self, by: str, action: str, on: str, **changes: Mapping[str, Any]) -> None:
        """Write down that somebody does something."""

    async def page(self, key: str | None, after: str | None, most: int) -> Page:
        """Entries from the newest on, of one `key` if so asked."""


class Books(Protocol):
    """What was asked, and what it cost. Every method may raise `StoreUnavailable` or `ReportTooLarge`."""

    async def live(self) -> Mapping[str, Any]:
        """The day so far, all organisations together."""

    async def spend(
        self, days: tuple[date, date], by: Sequence[str], where: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """What some days' requests come to, grouped; raises `InvalidRequest` for a wrong dimension."""

    async def events(
        self, days: tuple[date, date], where: Mapping[str, str], after: str | None, most: int
    ) -> Page:
        """Single requests, the newest first."""

    async def event(self, decision_id: str, organisation: str | None) -> Mapping[str, Any]:
        """One of them, with what it was decided on; raises `UnknownEvent`."""

    async def quality(self, days: tuple[date, date], organisation: str | None) -> Mapping[str, Any]:
        """What routes promise, and how good their models are held for and said to be."""

    async def portfolio(self, days: tuple[date, date]) -> Mapping[str, Any]:
        """What models really cost."""


class Draft(Protocol):
    """The configuration's file, and what somebody wants it to be."""

    async def show(self, *, hidden: bool) -> Mapping[str, Any]:
        """The file as it is; `hidden`: without secrets that stand in it."""

    async def check(self, text: str) -> Mapping[str, Any]:
        """What is wrong with a text in its place, and what it would change."""

    async def put(self, text: str, digest: str, noted: Callable[[str], Awaitable[None]]) -> Mapping[str, Any]:
        """Replace the file, and take it up.

        `noted` is called with the new digest before anything is changed. Raises `ConfigInvalid`,
        `ConfigChanged` or `ConfigReadOnly`, and then nothing is.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """Everything behind the admin API, as plain calls."""

    sessions: Sessions
    audit: AuditLog
    keys: Callable[[str], KeyDesk]
    """For whoever the audit log is to name."""
    revenue: Callable[[str, Sequence[Earned]], Awaitable[int]]
    """Take down what an organisation's features and customers earned, all or none; how much was known.

    May raise `IdempotencyConflict` or `StoreUnavailable`."""
    reload: Callable[[], Awaitable[Sequence[str]]]
    """Take up the configuration anew; what is wrong with it, if anything is."""
    budgets: Callable[[str | None, int, int], Awaitable[tuple[Rows, int | None]]]
    """How budgets and limits stand: of which organisation (`None`: all), after how many, how many at most."""
    books: Books
    draft: Draft
    providers: Callable[[], Rows]
    prices: Callable[[], Rows]
    models: Callable[[], Rows]
    routes: Callable[[], Rows]
