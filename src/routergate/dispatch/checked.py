"""Answers that are checked before they are given."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace

from routergate.check.flaws import flaw
from routergate.dispatch.holdback import HeldBack
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Candidate
from routergate.domain.errors import UpstreamError
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Chunk, Reader

LARGE = 16 * 1024
"""Bytes from which an answer is checked beside the event loop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An answer that has begun: who gives it, its first chunk, and the rest."""

    candidate: Candidate
    first: Chunk
    rest: AsyncGenerator[Chunk, None]


@dataclass(slots=True)
class Spare:
    """The answer that was rejected last: better than none."""

    meter: Meter
    _held: HeldBack | None = None
    _candidate: Candidate | None = None
    _attempt: int = -1

    def keep(self, candidate: Candidate, held: HeldBack, attempt: int) -> None:
        """Put an answer aside."""
        self._candidate, self._held, self._attempt = candidate, held, attempt
        if held.whole:
            self.meter.over(attempt)

    async def replaced(self) -> None:
        """Somebody else is asked: the provider need not write on what nobody reads."""
        if self._held is not None:
            await self._held.close()
            self.meter.over(self._attempt)
            self._held = self._held if self._held.whole else None

    async def taken(self) -> Begun | None:
        """The answer, if there is one and it is there or still comes."""
        if self._held is None or self._candidate is None:
            return None
        held, self._held = self._held, None
        self.meter.restore(self._attempt, held.chunks[0])
        return await _relayed(self._candidate, held)

    async def close(self) -> None:
        """Let go of what is kept."""
        if self._held is not None:
            await self._held.close()


@dataclass(frozen=True, slots=True)
class Checker:
    """Holds an answer back and says what is wrong with it."""

    reader: Reader

    async def passed(
        self, begun: Begun, cascade: Cascade, request: ChatRequest, meter: Meter, spare: Spare
    ) -> Begun | None:
        """The answer, if it may be given; else it is put aside. Raises `UpstreamError`, as providers do."""
        since = meter.clock.monotonic()
        held = HeldBack([begun.first], begun.rest)
        try:
            await (held.fill(cascade.within, cascade.characters) if request.stream else held.fill())
            found = await self._found(held, request, cascade)
        except UpstreamError as error:
            await held.close()
            meter.withdrawn(error.kind, billed=error.billed, since=since)
            raise
        except BaseException:
            await held.close()
            raise
        if found is None:
            meter.passed(since)
            return await _relayed(begun.candidate, held)
        spare.keep(begun.candidate, held, meter.reject(found, held.chunks[1:], since))
        return None

    async def _found(self, held: HeldBack, request: ChatRequest, cascade: Cascade) -> Flaw | None:
        """What is wrong with it; a large answer holds nobody else up meanwhile."""
        if sum(len(chunk.data) for chunk in held.chunks) < LARGE:
            return self._flaw(held, request, cascade)
        return await asyncio.to_thread(self._flaw, held, request, cascade)

    def _flaw(self, held: HeldBack, request: ChatRequest, cascade: Cascade) -> Flaw | None:
        form = replace(self.reader.form(request), whole=held.whole)
        return flaw(self.reader.said(held.chunks), form, cascade)


async def _relayed(candidate: Candidate, held: HeldBack) -> Begun:
    """The answer from its beginning on; begun, so that closing it closes the call."""
    chunks = held.relay()
    return Begun(candidate=candidate, first=await anext(chunks), rest=chunks)
