"""Whole answers that are kept to be given again."""

from dataclasses import dataclass, field
from enum import StrEnum

from routergate.domain.identity import Identity
from routergate.domain.request import ChatRequest


class Sharing(StrEnum):
    """Who is given an answer again."""

    KEY = "key"
    """Whoever sends the same request with the same key."""
    ORGANISATION = "organisation"
    """Whoever sends the same request with any key of the organisation."""


class Recalled(StrEnum):
    """What came of a request to a route that keeps answers."""

    HIT = "hit"
    """A kept answer was given."""
    MISS = "miss"
    """None was kept, or the store did not say."""
    REFRESH = "refresh"
    """The caller wanted a new one."""
    BYPASS = "bypass"
    """The caller wanted a new one that is not kept, or what is answered is not all in the request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caching:
    """Which answers of a route are kept."""

    ttl: float
    """Seconds for which they are."""
    scope: Sharing = Sharing.KEY
    max_bytes: int = 256 * 1024
    """The largest that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request with all that its answer depends on. In memory only."""

    identity: Identity
    token: str = field(repr=False)
    """The caller's key itself: where `scope` is the key, what is kept can be read with nothing else."""
    request: ChatRequest = field(repr=False)
    settings: tuple[str, ...]
    """What the route decided."""
    caching: Caching
