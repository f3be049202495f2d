"""What may be written about keys."""

from pydantic import Field

from routergate.config.part import Part
from routergate.config.scalars import Day, KeyHash, Line, Name, Network
from routergate.domain.model import ModelClass
from routergate.domain.turn import Priority


class Key(Part):
    """A key that is declared by its hash."""

    hash: KeyHash = Field(examples=["sha256:" + "0" * 64])
    """SHA-256 of the key, from `printf %s "$KEY" | sha256sum`."""
    organisation: Name = Field(examples=["acme"])
    """On whose account it is used."""
    team: Name | None = None
    """The team within the organisation."""
    customer: Name | None = None
    """Pinned: a request that names another one is refused."""
    feature: Name | None = None
    """Pinned: a request that names another one is refused."""
    name: Line | None = Field(default=None, examples=["support bot, production"])
    """What people call it."""
    allow: tuple[Name, ...] | None = Field(default=None, examples=[["auto"]])
    """The routes and models that it may use; default: all."""
    classes: tuple[ModelClass, ...] | None = Field(default=None, min_length=1, examples=[["economy"]])
    """The classes of models that it may use; default: all."""
    regions: tuple[Name, ...] | None = Field(default=None, min_length=1, examples=[["eu"]])
    """The only regions that may answer it; default: any."""
    ips: tuple[Network, ...] | None = Field(default=None, min_length=1, examples=[["10.0.0.0/8"]])
    """Where it may be used from: addresses and networks, matched with the connection's other end."""
    priority: Priority | None = None
    """That of its requests, and the highest that they can ask for; default: the route's, and any."""
    expires: Day | None = Field(default=None, examples=["2027-01-31"])
    """The first day (UTC) on which it is refused; default: it does not expire."""
