"""What the HTTP layer is given to work with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from aiohttp import web

from routergate.domain.identity import Identity
from routergate.gateway import Gateway


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
    readiness: Callable[[], Awaitable[tuple[bool, Mapping[str, Any]]]]
    exposition: Callable[[], Awaitable[tuple[bytes, str]]]
    """The metrics of all workers, and their content type."""
    reload: Callable[[], Awaitable[Sequence[str]]]
    """Take up the configuration anew; what is wrong with it, if anything is."""
    usage: Callable[[Identity, date, date, Sequence[str]], Awaitable[Any]]
    """Totals of one key between two days, grouped."""
    admin_key: str | None


SERVICES = web.AppKey("services", Services)
REQUEST_ID = web.RequestKey("request_id", str)
