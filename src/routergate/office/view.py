"""What there is to look at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from routergate.config.spec import Config
from routergate.gateway import Gateway
from routergate.ports import Clock
from routergate.store.client import Store
from routergate.trusting import Trusts


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One process of a gateway, as its operators see it."""

    store: Store
    clock: Clock
    config: Callable[[], Config]
    """The one in force."""
    gateway: Callable[[], Gateway]
    trusts: Trusts
    """How far models are trusted."""
    ledger: str
    """Where the ledger's files are: a directory or a URI."""
    environment: Mapping[str, str] = field(repr=False)
    """What `${NAME}` in the configuration can stand for."""

    def today(self) -> date:
        """The day it is, UTC."""
        return self.now().date()

    def now(self) -> datetime:
        """The time it is, UTC, to the second."""
        return datetime.fromtimestamp(self.clock.epoch_ns() // 1_000_000_000, UTC)


def instant(moment: datetime) -> str:
    """As everyone reads it."""
    return moment.isoformat().replace("+00:00", "Z")
