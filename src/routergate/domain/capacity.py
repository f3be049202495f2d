"""How full servers of one's own are, and what stands in front of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from routergate.domain.model import ModelId, ProviderId


@dataclass(frozen=True, slots=True, kw_only=True)
class Occupancy:
    """What one server says of its load. Totals count from when it was started."""

    running: int
    waiting: int
    cache: float | None = None
    """Share of its KV cache that is in use, 0 to 1."""
    answered: int | None = None
    """Requests in all."""
    seconds: float | None = None
    """That those took in all, their wait included."""
    prefix_asked: int | None = None
    """Tokens that were looked for in the prefix cache in all."""
    prefix_found: int | None = None

    def __post_init__(self) -> None:
        if min(self.running, self.waiting) < 0:
            raise ValueError(f"nobody serves fewer than no requests: {self!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one server says of its load beside an answer."""

    waiting: int
    cache: float | None = None
    """Share of its KV cache that is in use, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """What stands in front of a provider whose servers are all full."""

    waiting: int
    """Requests, at the server with the shortest wait."""
    seconds: float | None
    """That a request is expected to wait there; `None`: nobody knows how long they take."""
    level: float
    """Share of the conversations, 0 to 1, for which that is too long: they are better answered elsewhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """How full a provider's servers are together; `None` is unknown."""

    utilisation: float | None = None
    """0 to 1: a server with a queue is full, any other one as full as its KV cache."""
    waiting: int | None = None
    prefix_hits: float | None = None
    """Share of the tokens lately asked for that were in a prefix cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the providers are, as far as it matters to a decision."""

    down: frozenset[ModelId] = frozenset()
    """Models that nobody serves at the moment."""
    crowds: Mapping[ProviderId, Crowd] = field(default_factory=dict)
    """In front of those whose servers are all full."""
