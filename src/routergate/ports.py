"""What the core asks of the world, one protocol each."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.event import UsageEvent
from routergate.domain.hold import Line, Reply
from routergate.domain.identity import Identity
from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest, Features, Reading
from routergate.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of an answer, as bytes for the caller, with what was read from it on the way.

    A plain answer is one chunk; a streamed one is many, each one or more whole server-sent events.
    """

    data: bytes
    usage: Usage | None = None
    text: str = ""
    """What the model wrote in this piece: for counting where the provider gives no usage, never stored."""
    usage_only: bool = False
    """An event that carries nothing but usage: hidden from a caller who did not ask for it."""
    service_tier: str | None = None
    """How the provider says, so far, that it serves the request."""


class Provider(Protocol):
    """A place that serves models."""

    def chat(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """Yield at least one chunk, or raise `UpstreamError` or `ProviderRefused`; nothing else escapes.

        After the first chunk only `StreamBroken` may come. Ending without an error promises that the
        answer is complete. Closing the generator ends the call at once.
        """


class Estimator(Protocol):
    """How hard a request is, and how well each model would do."""

    def read(self, request: ChatRequest, catalogue: Catalogue, feature: str | None) -> Reading:
        """What the text says, in bounded time whatever its length."""

    def quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        """The probability of an acceptable answer, one per card, in the same order."""

    def moved(self, features: Features, card: ModelCard) -> Mapping[str, float]:
        """What moves a model's estimate away from what is usual for it, in log-odds; no word of the text."""


class TokenCounter(Protocol):
    """How many tokens a text has."""

    async def count(self, texts: Sequence[str]) -> int:
        """Exactly for short texts, within 3 % for long ones, without holding up the event loop."""

    def estimate(self, text: str) -> int:
        """The same for one text, at once, in under a millisecond or two; long texts by sample."""


class Keyring(Protocol):
    """Who holds which key."""

    async def identify(self, token: str | None, peer: str | None = None) -> Identity:
        """Who `token` belongs to, when it comes from the address `peer`.

        Raises `Unauthenticated`, `Forbidden` (not from there) or `StoreUnavailable`.
        """


class Ledger(Protocol):
    """The record of what happened."""

    async def reserve(self, event: UsageEvent, lines: Sequence[Line], *, durable: bool = False) -> Reply:
        """Hold every line or none; again, in place of what the request held before.

        `event` is what the request leaves if its process dies. `durable`: not before a replica has it.
        Raises `StoreUnavailable`; nobody knows then whether it is held until the request is settled.
        """

    def settle(self, event: UsageEvent) -> None:
        """Count and append the event once, let go of what it holds, without blocking and without raising."""


class Telemetry(Protocol):
    """What operators see."""

    def record(self, event: UsageEvent) -> None:
        """Count the event in the metrics, without blocking and without raising."""

    def refused(self, status: int, code: str) -> None:
        """Count a request that ended before it was routed, without raising."""


class Lengths(Protocol):
    """How much each model writes."""

    def expected(self, model: str, task: str) -> int:
        """Output tokens that the model usually writes for the task."""

    def observe(self, model: str, task: str, output_tokens: int) -> None:
        """Learn from one complete answer, without blocking and without raising."""


class Clock(Protocol):
    """The time."""

    def epoch_ns(self) -> int:
        """Wall clock, nanoseconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds from some point, never going back."""
