"""Who asks, and on whose account."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from routergate.domain.budget import Budget
from routergate.domain.model import ModelClass
from routergate.domain.turn import Priority

Network: TypeAlias = IPv4Network | IPv6Network


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
    classes: frozenset[ModelClass] | None = None
    """Classes of models that the key may use; `None`: all."""
    regions: frozenset[str] | None = None
    """Regions that may answer; `None`: any."""
    priority: Priority | None = None
    """That of its requests, and the highest that they can ask for; `None`: the route's, and any."""
    networks: tuple[Network, ...] | None = None
    """Where the key may be used from; `None`: anywhere."""
    expires_at: int | None = None
    """The first instant at which the key is good no more, nanoseconds since the epoch."""
    budgets: tuple[Budget, ...] = ()
    """What the key itself may use, beside what its organisation's rules say."""

    def admits(self, peer: str | None) -> bool:
        """Whether the key may be used from an address; one that is not known is in no network."""
        if self.networks is None:
            return True
        address = _address(peer)
        return address is not None and any(address in network for network in self.networks)

    def __post_init__(self) -> None:
        # In the store, braces hold an organisation's keys together on one node of a cluster.
        if not self.organisation or "{" in self.organisation or "}" in self.organisation:
            raise ValueError("organisation must have a name, and no braces in it")


def network(text: str) -> Network:
    """An address or a network in CIDR notation; raises `ValueError` with a sentence."""
    try:
        return ip_network(text)
    except ValueError:
        raise ValueError(f"{_closest(text)} such as 10.0.0.0/8 or 2001:db8::7") from None


def _closest(text: str) -> str:
    try:
        meant = ip_network(text, strict=False)
    except ValueError:
        return "expected an address or a network"
    return f"has bits behind its prefix: write {meant}, or an address"


def _address(peer: str | None) -> IPv4Address | IPv6Address | None:
    """What a connection calls its other end; an IPv4 address in IPv6's clothes is the IPv4 address."""
    try:
        address = ip_address(peer or "")
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


class Purpose(StrEnum):
    """What a request is for, as the ledger has it."""

    ANSWER = "event"
    """Somebody has asked it."""
    SHADOW = "shadow"
    """Nobody has: it is to be compared with the answer that was given."""
    JUDGE = "judge"
    """It is to say how good answers are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """On whose account a request goes."""

    identity: Identity
    customer: str | None = None
    feature: str | None = None
    session: str | None = None
    tags: tuple[str, ...] = ()
    purpose: Purpose = Purpose.ANSWER


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a caller asks of the router for one request."""

    quality: float | None = None
    """A threshold in place of the route's."""
    max_cost: int | None = None
    """The most that the request may be expected to cost, in nano-dollars."""
    priority: Priority | None = None
    """How soon it wants to be served where others wait; `None`: as its key and route have it."""
    route: bool = True
    """False: use the very model that is named."""
    fallbacks: tuple[str, ...] = ()
    """Models and routes to ask after the one that is named, in this order."""
    fresh: bool = False
    """Whether a new answer is wanted, and none that was kept."""
    unkept: bool = False
    """Whether the answer is not to be kept."""
