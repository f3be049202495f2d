"""Streamed answers that break after they began, and go on from elsewhere."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from routergate.dispatch.checked import Begun
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import PrefillRefused, RouterGateError, UpstreamError
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.overlap import Overlap
from routergate.domain.request import ChatRequest, limited
from routergate.domain.usage import Usage
from routergate.meter.meter import Meter
from routergate.meter.settle import used_by
from routergate.ports import Chunk, Thread, TokenCounter

Cover: TypeAlias = Callable[[Candidate, int], Awaitable[ChatRequest]]
Ask: TypeAlias = Callable[[UpstreamError, Cover], Awaitable[Begun]]
"""Whoever answers after a failure; raises `RouterGateError`."""
NOT_ONE_TEXT = frozenset({Capability.JSON_MODE, Capability.JSON_SCHEMA, Capability.AUDIO})


@dataclass(frozen=True, slots=True)
class Seams:
    """What it takes to join one answer to another."""

    thread: Callable[[], Thread]
    """A new one for each answer."""
    tokens: TokenCounter


def may_go_on(decision: Decision) -> bool:
    """Whether an answer to the request may go on from elsewhere, as far as is known before it begins."""
    asked = decision.features
    one_text = asked.choices == 1 and not asked.needs & NOT_ONE_TEXT
    return decision.continues and asked.format is Format.CHAT and one_text


def takes_prefill(candidate: Candidate) -> bool:
    """Whether the model can be given the beginning of its answer."""
    return Capability.PREFILL in candidate.card.capabilities


@dataclass(slots=True, kw_only=True)
class Resumption:
    """One answer, whoever gives it."""

    seams: Seams
    decision: Decision
    meter: Meter
    cover: Cover
    ask: Ask
    _thread: Thread = field(init=False)
    _overlap: Overlap = field(default_factory=lambda: Overlap(""))
    _prefill: str = ""
    """What the model was given that was asked last."""
    _paid: Usage = field(default_factory=Usage)
    """For the answers that broke."""
    _gave: bool = False
    """Whether the caller has got something of the latest call."""
    _stands: int = -1
    """The number of the latest of which that is true, once it has ended."""
    _cause: UpstreamError | None = None
    """What broke the answer first."""

    def __post_init__(self) -> None:
        self._thread = self.seams.thread()

    async def relay(self, begun: Begun) -> AsyncGenerator[Chunk, None]:
        """All of its chunks; raises what broke it first if nobody goes on."""
        source = _all(begun)
        while True:
            try:
                async with aclosing(source):
                    async for chunk in source:
                        self._thread.told(chunk)
                        self._gave = self._gave or bool(chunk.data)
                        yield chunk
            except UpstreamError as error:
                source = self._joined(await self._next(error))
            else:
                return

    async def _next(self, error: UpstreamError) -> Begun:
        """Whoever goes on."""
        number = self.meter.broke(error.kind)
        self._stands, self._gave = number if self._gave else self._stands, False
        self._cause = self._cause or error
        if (text := self._thread.text) is None:
            self.meter.stands(self._stands)
            raise self._cause
        try:
            self._paid += used_by(self.decision, self.meter.rejected[number], self.seams.tokens)[0]
            begun = await self.ask(error, self._covered)
        except BaseException as failure:
            self.meter.stands(self._stands)
            if isinstance(failure, RouterGateError):
                raise self._cause from None
            raise
        self._overlap = Overlap(text[len(self._prefill) :])
        return begun

    async def _joined(self, begun: Begun) -> AsyncGenerator[Chunk, None]:
        """Of another answer, what the caller has not got yet."""
        async with aclosing(begun.rest):
            # Its beginning has been metered; what a chunk says is metered on its way out.
            yield replace(self._thread.joined(begun.first, self._overlap, self._paid), text="")
            async for chunk in begun.rest:
                yield self._thread.joined(chunk, self._overlap, self._paid)

    async def _covered(self, candidate: Candidate, beside: int) -> ChatRequest:
        """What the candidate may be sent, with the beginning of the answer if it can go on from that."""
        request = await self.cover(candidate, beside)
        self._prefill = self._beginning(candidate, request)
        if not self._prefill:
            return request
        if request.max_output_tokens is not None:
            written = self.seams.tokens.estimate(self._prefill)
            request = limited(request, max(request.max_output_tokens - written, 1))
        return replace(request, prefill=self._prefill)

    def _beginning(self, candidate: Candidate, request: ChatRequest) -> str:
        """What the caller has; Anthropic's API takes no white space at its end."""
        if not takes_prefill(candidate) or request.messages[-1].role == "assistant":
            return ""
        refused = any(
            (call.model, call.result) == (candidate.card.id, PrefillRefused.kind)
            for call in self.meter.attempts
        )
        return "" if refused else (self._thread.text or "").rstrip()


async def _all(begun: Begun) -> AsyncGenerator[Chunk, None]:
    async with aclosing(begun.rest):
        yield begun.first
        async for chunk in begun.rest:
            yield chunk
