"""Who asks, and on whose account."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What a key stands for. The key itself is never here, only its id."""

    key: str
    """The key's id: safe to log, to store and to show."""
    organisation: str
    team: str | None = None
    customer: str | None = None
    """Pinned: a request that names another one is refused."""
    feature: str | None = None
    """Pinned: a request that names another one is refused."""
    name: str | None = None
    allow: frozenset[str] | None = None
    """Routes and models that the key may use; `None`: all."""

    def __post_init__(self) -> None:
        # In the store, braces hold an organisation's keys together on one node of a cluster.
        if not self.organisation or "{" in self.organisation or "}" in self.organisation:
            raise ValueError("organisation must have a name, and no braces in it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """On whose account a request goes."""

    identity: Identity
    customer: str | None = None
    feature: str | None = None
    session: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a caller asks of the router for one request."""

    quality: float | None = None
    """A threshold in place of the route's."""
    max_cost: int | None = None
    """The most that the request may be expected to cost, in nano-dollars."""
    route: bool = True
    """False: use the very model that is named."""
