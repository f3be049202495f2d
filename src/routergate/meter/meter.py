"""Watch an answer go by, and say in the end what it was."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from routergate.domain.caching import Recalled
from routergate.domain.decision import Candidate
from routergate.domain.errors import (
    BudgetEnded,
    ProviderBusy,
    ProviderRefused,
    RouterGateError,
    UpstreamError,
)
from routergate.domain.event import Attempt, Outcome
from routergate.domain.refusals import GuardrailRefused
from routergate.meter.seen import Seen
from routergate.ports import Chunk, Clock, TokenCounter


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
    """When the latest call began."""
    pauses: float = 0.0
    """Seconds that were let pass between calls, and while answers were held back."""
    waited: float = 0.0
    """Seconds that went by in calls before the answer began."""
    hedges: int = 0
    """Calls that were made beside others."""
    first_chunk: float | None = None
    seen: Seen | None = None
    """Of the answer that is given, if there is one."""
    rejected: dict[int, Seen] = field(default_factory=dict)
    """Answers that are paid and not given, or not to their end, by the number of the attempt."""
    attempts: list[Attempt] = field(default_factory=list)
    recalled: Recalled | None = None
    """What came of looking for a kept answer; `None`: the route keeps none."""
    flawed: bool = False
    """Whether the answer that is given did not pass its checks, or is put together from several."""
    outcome: Outcome = Outcome.FAILED
    error: RouterGateError | None = None
    _given: int = -1
    """The number of the attempt whose answer is given."""

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
            if self.first_chunk is None:
                self.pauses += self.clock.monotonic() - began

    @contextmanager
    def calling(self) -> Iterator[None]:
        """What goes by meanwhile is the providers' time."""
        self.asked = began = self.clock.monotonic()
        begun_before = self.first_chunk is not None
        try:
            yield
        finally:
            if not begun_before:
                self.waited += self.clock.monotonic() - began

    async def queued(self, place: Awaitable[None]) -> None:
        """Wait for a place at a provider; a call begins afterwards."""
        began = self.clock.monotonic()
        try:
            await place
        finally:
            self.asked = self.clock.monotonic()
            if self.first_chunk is None:
                self.pauses += self.asked - began

    def attempted(
        self, candidate: Candidate, result: str, *, billed: bool | None, hedge: bool = False
    ) -> None:
        """Note one call to one provider, at its first byte or its failure."""
        self.attempts.append(
            Attempt(
                model=candidate.card.id,
                provider=candidate.card.provider,
                result=result,
                seconds=self.clock.monotonic() - self.asked,
                billed=billed,
                hedge=hedge,
            )
        )

    def answered(self, candidate: Candidate, first: Chunk, *, hedge: bool = False) -> None:
        """Note who answered, and with what, at the first byte."""
        self.attempted(candidate, "ok", billed=True, hedge=hedge)
        self._given = len(self.attempts) - 1
        if self.first_chunk is None:
            self.first_chunk = self.clock.monotonic()
        self.seen = Seen(candidate, asked=self.asked)
        self.seen.see(first)

    def recall(self, candidate: Candidate, first: Chunk) -> None:
        """Note that a kept answer is given: nobody is asked."""
        self.recalled = Recalled.HIT
        self.first_chunk = self.clock.monotonic()
        self.seen = Seen(candidate, asked=self.first_chunk, kept=True)
        self.seen.see(first)

    def passed(self, since: float) -> None:
        """Note that an answer that was held back goes to the caller now."""
        self.first_chunk = self.clock.monotonic()
        self.pauses += self.first_chunk - since

    def withdrawn(self, result: str, *, billed: bool | None, since: float) -> None:
        """Note that the answer that had begun is not given."""
        self.attempts[-1] = replace(self.attempts[-1], result=result, billed=billed)
        self.pauses += self.clock.monotonic() - since
        self.seen = self.first_chunk = None
        self._given = -1

    def reject(self, flaw: str, rest: Iterable[Chunk], since: float) -> int:
        """Note that an answer is paid and not given, `rest` of it not seen yet; the number of its call."""
        number, seen = self._given, self._begun()
        for chunk in rest:
            seen.see(chunk)
        self.withdrawn(flaw, billed=True, since=since)
        self.rejected[number] = seen
        return number

    def over(self, number: int) -> None:
        """Note that no more comes of an answer that was rejected."""
        self.rejected[number].end(self.clock.monotonic())

    def restore(self, number: int, first: Chunk) -> None:
        """Note that a rejected answer is given after all."""
        self.flawed = True
        self._given = number
        self.first_chunk = self.clock.monotonic()
        self.seen = self.rejected.pop(number).anew()
        self.seen.see(first)

    def broke(self, result: str) -> int:
        """Note that the answer that is given has come to an end before its time; the number of its call.

        It is paid, and another call may go on from it.
        """
        self.flawed = True
        number, seen = self._given, self._begun()
        self.attempts[number] = replace(self.attempts[number], result=result)
        seen.end(self.clock.monotonic())
        self.rejected[number] = seen
        return number

    def stands(self, number: int) -> None:
        """Note that nobody has gone on from an answer that broke: it is all that was given."""
        self._given, self.seen = number, self.rejected.pop(number)

    async def watch(self, first: Chunk, rest: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
        """The same chunks, the rest of them seen. The outcome is `ok` once the last one has passed."""
        yield first
        try:
            async for chunk in rest:
                self._begun().see(chunk)
                yield chunk
        except UpstreamError as error:
            self.attempts[self._given] = replace(self.attempts[self._given], result=error.kind)
            raise
        finally:
            self._begun().end(self.clock.monotonic())
        self.outcome = Outcome.OK

    def failed(self, error: BaseException) -> None:
        """Note what ended the request before its time."""
        if isinstance(error, ProviderRefused | GuardrailRefused):
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
    def beside(self) -> int:
        """Calls that may have to be paid beside one whose answer is given."""
        return len(self.rejected) + self.hedges

    @property
    def answering(self) -> float | None:
        """Seconds from asking who answered to the last byte, or until now; `None`: nobody has answered."""
        return self.seen.seconds(self.clock.monotonic()) if self.seen and not self.seen.kept else None

    @property
    def calls(self) -> int:
        """How many were made; there was none where a queue had no place."""
        return sum(attempt.result != ProviderBusy.kind for attempt in self.attempts)

    @property
    def winner(self) -> Candidate | None:
        """Who was asked for the answer that is given."""
        return self.seen.candidate if self.seen and not self.seen.kept else None

    @property
    def written(self) -> int:
        """Characters of the answer so far."""
        return self.seen.written if self.seen else 0

    @property
    def text(self) -> str | None:
        """All of an answer that was given whole; `None`: there is none, or it is too long to be kept."""
        return self.seen.text if self.seen and self.outcome is Outcome.OK else None

    def counted_output(self, tokens: TokenCounter) -> int:
        """Output tokens by counting what went by."""
        return self.seen.counted_output(tokens) if self.seen else 0

    def _begun(self) -> Seen:
        if self.seen is None:
            raise ValueError("no answer has begun")
        return self.seen
