"""Calls that are made beside one that keeps silent."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

from routergate.dispatch.checked import Begun
from routergate.dispatch.course import Course, Step
from routergate.dispatch.policy import RULES, Then
from routergate.domain.errors import ProviderRefused, UpstreamError
from routergate.domain.event import OUTRUN
from routergate.meter.meter import Meter
from routergate.ports import Chunk

ABANDONED = "abandoned"


@dataclass(slots=True, eq=False)
class Running:
    """A call whose answer has not begun."""

    step: Step
    asked: float
    chunks: AsyncGenerator[Chunk, None]
    first: asyncio.Task[Chunk]
    hedge: bool = False
    """Whether it is the one that was made beside another."""

    @classmethod
    def of(
        cls, step: Step, chunks: AsyncGenerator[Chunk, None], asked: float, *, hedge: bool = False
    ) -> "Running":
        """A call that begins now."""
        return cls(step, asked, chunks, asyncio.create_task(_first(chunks)), hedge)

    async def stop(self) -> None:
        """End the call at once."""
        self.first.cancel()
        await asyncio.wait({self.first})
        if not self.first.cancelled():
            self.first.exception()  # Seen, so that nobody complains of it.
        await self.chunks.aclose()


@dataclass(slots=True)
class Race:
    """One call, or two at the same time."""

    course: Course
    meter: Meter
    running: list[Running]

    async def won(self, after: float, another: Callable[[], Awaitable[Running | None]]) -> Begun:
        """The answer that begins first; the other call is ended at once.

        `another` is called if there is none `after` so many seconds. Raises what the last call fails with, or
        what is final.
        """
        try:
            await asyncio.wait({call.first for call in self.running}, timeout=after)
            if not self.running[0].first.done() and (second := await another()) is not None:
                self.meter.hedges += 1
                self.running.append(second)
            while (winner := self._begun()) is None:
                firsts = {call.first for call in self.running}
                await asyncio.wait(firsts, return_when=asyncio.FIRST_COMPLETED)
            return await self._answered(winner)
        except BaseException as error:
            await self._stop(OUTRUN if isinstance(error, UpstreamError | ProviderRefused) else ABANDONED)
            raise

    def _begun(self) -> Running | None:
        """The call whose answer has begun, once those that have failed are noted."""
        done = [call for call in self.running if call.first.done()]
        for call in done:
            if (error := call.first.exception()) is not None:
                self._failed(call, error)
        return next((call for call in done if call in self.running), None)

    def _failed(self, call: Running, error: BaseException) -> None:
        self.running.remove(call)
        self.course.asked = call.step
        if not isinstance(error, UpstreamError | ProviderRefused):
            self._note(call, ABANDONED, billed=None)
            raise error
        self._note(call, error.kind, billed=error.billed)
        if not self.running or RULES[error.kind].then is Then.FINAL:
            raise error
        if RULES[error.kind].silent:
            self.course.silent.add(call.step.replica)
        self.course.lost(call.step, self.running[0].step)

    async def _answered(self, winner: Running) -> Begun:
        if winner.hedge:
            self.course.lost(self.running[0].step, winner.step)
        await self._stop(OUTRUN, but=winner)
        self.meter.asked, first = winner.asked, winner.first.result()
        self.meter.answered(winner.step.candidate, first, hedge=winner.hedge)
        return Begun(candidate=winner.step.candidate, first=first, rest=winner.chunks)

    async def _stop(self, result: str, but: Running | None = None) -> None:
        for call in [one for one in self.running if one is not but]:
            self.running.remove(call)
            self._note(call, result, billed=None)
            await call.stop()

    def _note(self, call: Running, result: str, *, billed: bool | None) -> None:
        self.meter.asked = call.asked
        self.meter.attempted(call.step.candidate, result, billed=billed, hedge=call.hedge)


async def _first(chunks: AsyncGenerator[Chunk, None]) -> Chunk:
    return await anext(chunks)
