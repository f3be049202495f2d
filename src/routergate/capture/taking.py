"""Which requests are kept, and how: beside the callers, redacted, sealed."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, Protocol

from routergate.capture.record import record
from routergate.capture.vault import Vault
from routergate.domain.exchange import Exchange
from routergate.domain.format import Format
from routergate.domain.refusals import GuardrailRefused
from routergate.ports import Capture, Chunk

log = logging.getLogger(__name__)

MOST: Final = 64
"""Exchanges that are on their way to the disk at the same time; more are let go."""
COUNTED_EVERY: Final = 100
"""Exchanges after which the room that is left is measured again."""


class Redacting(Protocol):
    """What takes out of texts what nobody may keep."""

    async def asked(self, route: str, payload: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
        """Role and text of each turn; raises `GuardrailRefused`."""

    async def answered(self, route: str, spoken: Format, chunks: Sequence[Chunk]) -> Sequence[str]:
        """The texts of the answer; raises `GuardrailRefused`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How much of a route's texts is kept, and how long."""

    share: float
    days: int


@dataclass(slots=True, kw_only=True)
class Taking:
    """Keeps what is wanted as long as there is room; the log says what it lets go, without its words."""

    vault: Vault
    terms: Mapping[str, Terms]
    redactions: Redacting
    most_bytes: int
    clock: Callable[[], int]
    running: set[asyncio.Task[None]] = field(default_factory=set)
    _tried: int = 0
    _full: bool = False
    _cleared: date = date.min

    def wants(self, exchange: Exchange) -> bool:
        """By a hash of the request's id."""
        terms = self.terms.get(exchange.decision.route)
        if terms is None or exchange.unkept or exchange.request.format is Format.EMBEDDINGS:
            return False
        return _draw(exchange.decision.id) < terms.share

    def take(self, exchange: Exchange, chunks: Sequence[Chunk]) -> None:
        """Begin to keep it, unless too much is under way."""
        if len(self.running) >= MOST:
            log.warning("a request is not captured: too many are on their way to the disk")
            return
        task = asyncio.get_running_loop().create_task(self._keep(exchange, chunks))
        self.running.add(task)
        task.add_done_callback(self.running.discard)

    async def _keep(self, exchange: Exchange, chunks: Sequence[Chunk]) -> None:
        route = exchange.decision.route
        try:
            turns = await self.redactions.asked(route, exchange.request.payload)
            answers = await self.redactions.answered(route, exchange.request.format, chunks)
            await asyncio.to_thread(self._write, exchange, turns, answers)
        except GuardrailRefused:
            log.warning("a request of %s is not captured: a redaction failed", route)
        except OSError as error:
            log.error("a request of %s is not captured: %s", route, error.strerror)

    def _write(self, exchange: Exchange, turns: Sequence[tuple[str, str]], answers: Sequence[str]) -> None:
        today = datetime.fromtimestamp(self.clock() / 1e9, UTC).date()
        if self._has_room(today):
            until = today + timedelta(days=self.terms[exchange.decision.route].days)
            self.vault.keep(record(exchange, turns, answers), until)

    def _has_room(self, today: date) -> bool:
        """Looked at now and then, and after what is over has been deleted."""
        self._tried += 1
        if self._cleared < today or self._tried % COUNTED_EVERY == 0:
            self.vault.expire(today)
            self._cleared, self._full = today, self.vault.size() >= self.most_bytes
            if self._full:
                log.warning("nothing more is captured: capture.max_mb is reached")
        return not self._full


class Nothing:
    """Keeps nothing: what a gateway has whose configuration does not say otherwise."""

    def wants(self, exchange: Exchange) -> bool:
        """Never."""
        del exchange
        return False

    def take(self, exchange: Exchange, chunks: Sequence[Chunk]) -> None:
        """Is not asked to."""


def _draw(request: str) -> float:
    """0 to 1, the same for the same request."""
    return int.from_bytes(blake2b(request.encode(), digest_size=7, person=b"capture").digest(), "big") / 2**56


_taking: type[Capture] = Taking
_nothing: type[Capture] = Nothing
