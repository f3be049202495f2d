"""Calls to providers, as spans."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Final, Self
from urllib.parse import urlsplit

from opentelemetry.trace import Span, SpanKind, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from opentelemetry.trace.status import StatusCode

from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Kept, Provider
from routergate.telemetry import genai
from routergate.telemetry.instruments import Instruments

ABANDONED: Final = "abandoned"
"""What a call ends with that nobody waits for any more: somebody was quicker, or the caller has left."""
MEASURED: Final = (
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "routergate.model",
)
_context: Final = TraceContextTextMapPropagator()


@dataclass(frozen=True, slots=True)
class Server:
    """Whom a call goes to."""

    provider: str
    address: dict[str, genai.Attribute]

    @classmethod
    def at(cls, provider: str, base_url: str | None) -> Self:
        """Without what a URL may hold beside host and port."""
        url = urlsplit(base_url or "")
        if url.hostname is None:
            return cls(provider, {})
        port = url.port or {"https": 443}.get(url.scheme, 80)
        return cls(provider, {"server.address": url.hostname, "server.port": port})


@dataclass(slots=True)
class Call:
    """One that runs."""

    span: Span
    began: float
    usage: Usage | None = None
    begun: bool = False

    def saw(self, chunk: Chunk) -> None:
        """Note a piece of the answer."""
        self.usage = chunk.usage or self.usage
        if not self.begun:
            self.begun = True
            self.span.set_attribute("gen_ai.response.time_to_first_chunk", time.perf_counter() - self.began)

    def traced(self, request: ChatRequest) -> ChatRequest:
        """The same request, which tells the provider what trace it belongs to.

        Only that: a caller's baggage is for those whom the caller knows.
        """
        headers = dict(request.headers)
        _context.inject(headers, set_span_in_context(self.span))
        return replace(request, headers=headers)


@dataclass(frozen=True, slots=True)
class Calls:
    """What makes the spans of calls."""

    spans: Tracer
    instruments: Instruments

    @contextmanager
    def made(self, request: ChatRequest, card: ModelCard, server: Server) -> Iterator[Call]:
        """A call, from asking to its last byte; it belongs to the request that runs."""
        asked = genai.asked(request, card, server.provider)
        name = f"{asked['gen_ai.operation.name']} {card.upstream}"
        span = self.spans.start_span(name, kind=SpanKind.CLIENT, attributes={**asked, **server.address})
        call, failure = Call(span, time.perf_counter()), None
        try:
            yield call
        except BaseException as error:
            failure = failure_of(error)
            raise
        finally:
            self._end(call, {name: asked[name] for name in MEASURED}, failure)

    def _end(self, call: Call, measured: dict[str, genai.Attribute], failure: str | None) -> None:
        if call.usage is not None:
            call.span.set_attributes(genai.used(call.usage))
        if failure is not None:
            measured["error.type"] = failure
            call.span.set_attribute("error.type", failure)
            if failure != ABANDONED:
                call.span.set_status(StatusCode.ERROR)
        self.instruments.called(measured, call.usage, time.perf_counter() - call.began)
        call.span.end()


@dataclass(frozen=True, slots=True)
class TracedProvider:
    """A provider whose calls are spans."""

    provider: Provider
    server: Server
    calls: Calls

    async def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The same answer."""
        with self.calls.made(request, card, self.server) as call:
            async with aclosing(self.provider.answer(call.traced(request), card)) as chunks:
                async for chunk in chunks:
                    call.saw(chunk)
                    yield chunk

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        """The same count."""
        return await self.provider.counted(request, card)

    async def kept(self, method: str, path: str) -> Kept:
        """The same."""
        return await self.provider.kept(method, path)


def failure_of(error: BaseException) -> str:
    """One word for what ended a call; never its message, which may quote."""
    if isinstance(error, GeneratorExit | asyncio.CancelledError):
        return ABANDONED
    return str(getattr(error, "kind", type(error).__name__))


_: type[Provider] = TracedProvider
