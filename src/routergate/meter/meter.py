"""Watch an answer go by, and say in the end what it was."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field, replace

from routergate.domain.decision import Candidate
from routergate.domain.errors import BudgetEnded, ProviderRefused, RouterGateError, UpstreamError
from routergate.domain.event import Attempt, Outcome
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Clock, TokenCounter

KEPT_CHARACTERS = 32_000
"""How much of an answer's text is kept for counting; what lies beyond is counted in proportion."""


@dataclass(slots=True)
class Meter:
    """What is known so far of one request's way through the providers."""

    clock: Clock
    arrived: float
    upload: float = 0.0
    """Seconds that the caller took to send the body."""
    read: float = 0.0
    """When the caller was known and the request had been read."""
    decided: float = 0.0
    asked: float = 0.0
    """When the provider that answered was asked."""
    pauses: float = 0.0
    """Seconds that were let pass between calls."""
    first_chunk: float | None = None
    last_chunk: float | None = None
    """When the answer was over, whole or not."""
    winner: Candidate | None = None
    attempts: list[Attempt] = field(default_factory=list)
    outcome: Outcome = Outcome.FAILED
    error: RouterGateError | None = None
    usage: Usage | None = None
    opening: Usage | None = None
    """What was counted of the input before the answer was written."""
    service_tier: str | None = None
    """By the provider's account."""
    _text: list[str] = field(default_factory=list)
    _kept: int = 0
    _seen: int = 0

    async def uploaded(self, body: Awaitable[bytes]) -> bytes:
        """The caller's body. How long it takes is the caller's doing."""
        began = self.clock.monotonic()
        received = await body
        self.upload = self.clock.monotonic() - began
        return received

    async def paused(self, sleep: Callable[[float], Awaitable[None]], seconds: float) -> None:
        """Let some time pass on purpose."""
        if seconds:
            began = self.clock.monotonic()
            await sleep(seconds)
            self.pauses += self.clock.monotonic() - began

    def attempted(self, candidate: Candidate, result: str, *, billed: bool | None) -> None:
        """Note one call to one provider, at its first byte or its failure."""
        self.attempts.append(
            Attempt(
                model=candidate.card.id,
                provider=candidate.card.provider,
                result=result,
                seconds=self.clock.monotonic() - self.asked,
                billed=billed,
            )
        )

    def answered(self, candidate: Candidate, first: Chunk) -> None:
        """Note who answered, and with what, at the first byte."""
        self.attempted(candidate, "ok", billed=True)
        self.winner = candidate
        self.first_chunk = self.clock.monotonic()
        self._see(first)

    async def watch(self, first: Chunk, rest: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
        """The same chunks, the rest of them seen. The outcome is `ok` once the last one has passed."""
        yield first
        try:
            async for chunk in rest:
                self._see(chunk)
                yield chunk
        except UpstreamError as error:
            self.attempts[-1] = replace(self.attempts[-1], result=error.kind)
            raise
        finally:
            self.last_chunk = self.clock.monotonic()
        self.outcome = Outcome.OK

    def failed(self, error: BaseException) -> None:
        """Note what ended the request before its time."""
        if isinstance(error, ProviderRefused):
            self.outcome = Outcome.REFUSED
        elif isinstance(error, BudgetEnded):
            self.outcome = Outcome.CUT
        elif isinstance(error, UpstreamError):
            self.outcome = Outcome.FAILED
        elif isinstance(error, GeneratorExit | asyncio.CancelledError | ConnectionError):
            self.outcome = Outcome.ABANDONED
        else:
            self.outcome = Outcome.FAILED
        self.error = error if isinstance(error, RouterGateError) else None

    @property
    def answering(self) -> float | None:
        """Seconds from asking who answered to the last byte, or until now; `None`: nobody has answered."""
        if self.winner is None:
            return None
        until = self.clock.monotonic() if self.last_chunk is None else self.last_chunk
        return until - self.asked

    @property
    def written(self) -> int:
        """Characters of the answer so far."""
        return self._seen

    def counted_output(self, tokens: TokenCounter) -> int:
        """Output tokens by counting what went by."""
        if not self._kept:
            return 0
        return round(tokens.estimate("".join(self._text)) * self._seen / self._kept)

    def _see(self, chunk: Chunk) -> None:
        if chunk.usage is not None:
            self.usage = chunk.usage
        self.opening = chunk.opening or self.opening
        self.service_tier = chunk.service_tier or self.service_tier
        if chunk.text:
            self._seen += len(chunk.text)
            if self._kept < KEPT_CHARACTERS:
                self._text.append(chunk.text)
                self._kept += len(chunk.text)
