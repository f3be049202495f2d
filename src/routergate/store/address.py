"""A store's URL, taken apart. The URL may hold secrets; what is said of it must not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio.connection import parse_url

Host = tuple[str, int]

SENTINEL, CLUSTER = "sentinel", "cluster"
PORTS: Mapping[str, int] = {"": 6379, SENTINEL: 26379, CLUSTER: 6379}
"""The port of a host that names none, by kind of address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Several hosts that know where the data is: Sentinels, or nodes of a cluster."""

    kind: str
    hosts: tuple[Host, ...]
    service: str
    """What the Sentinels call the data; empty for a cluster."""
    tls: bool
    options: Mapping[str, Any] = field(repr=False)
    """User, password, database and the URL's query, by redis-py's names."""


def kind_of(url: str) -> str:
    """`sentinel`, `cluster`, or nothing for a single server."""
    return urlsplit(url).scheme.partition("+")[2]


def place(url: str) -> str:
    """The URL without user, password and query."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


def parse(url: str) -> Address:
    """The hosts behind a URL of several; raises `ValueError` without quoting it."""
    parts = urlsplit(url)
    scheme, _, kind = parts.scheme.partition("+")
    if scheme not in {"redis", "rediss"} or kind not in {SENTINEL, CLUSTER}:
        raise ValueError(
            "it begins with none of redis://, rediss://, unix://, redis+sentinel://, "
            "rediss+sentinel://, redis+cluster://, rediss+cluster://"
        )
    first, _, rest = parts.path.removeprefix("/").partition("/")
    service, database = (unquote(first), rest) if kind == SENTINEL else ("", first)
    if kind == SENTINEL and not service:
        raise ValueError("the name that the Sentinels watch is missing: .../mymaster")
    _check_database(kind, database)
    credentials, _, hosts = parts.netloc.rpartition("@")
    return Address(
        kind=kind,
        hosts=tuple(_host(text, PORTS[kind]) for text in hosts.split(",")),
        service=service,
        tls=scheme == "rediss",
        options=_options(parts, credentials, database),
    )


def _check_database(kind: str, text: str) -> None:
    if text and not text.isdecimal():
        raise ValueError("the database is no number; a password with a '/' or '@' must be percent-encoded")
    if kind == CLUSTER and int(text or 0):
        raise ValueError("a cluster has database 0 only")


def _host(text: str, port: int) -> Host:
    parts = urlsplit(f"//{text}")
    try:
        name, given = parts.hostname, parts.port
    except ValueError:
        # What urllib says quotes the text, in which there may be a part of a password.
        raise ValueError("a port is no number") from None
    if not name:
        raise ValueError("a host has no name")
    return name, port if given is None else given


def _options(parts: SplitResult, credentials: str, database: str) -> Mapping[str, Any]:
    """User, password, database and query, as redis-py reads them."""
    found = parse_url(f"redis://{credentials}@host/{database}?{parts.query}")
    return {name: value for name, value in found.items() if name not in {"host", "port", "connection_class"}}
