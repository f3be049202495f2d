"""Spans and metrics of requests, as OpenTelemetry has them: its one home, with what is beside this module.

Sampling, limits, queues and destinations are the standard `OTEL_*` variables, which the library reads itself.
Exporting happens in threads of its own, from bounded queues: what does not fit is dropped.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from opentelemetry import context, propagate
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Tracer, get_current_span, set_span_in_context
from opentelemetry.trace.status import StatusCode

from routergate import __version__
from routergate.domain.event import UsageEvent
from routergate.ports import Provider, Telemetry
from routergate.telemetry import genai
from routergate.telemetry.calls import Calls, Server, TracedProvider
from routergate.telemetry.current import PLACE, Place
from routergate.telemetry.instruments import Instruments

LAST_EXPORT = 5.0
"""Seconds that the last spans and metrics may take when the process stops."""
NAME = "routergate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracing:
    """What traces requests and their calls."""

    spans: Tracer
    instruments: Instruments
    calls: Calls
    shut: tuple[Callable[[], object], ...] = ()
    """What sends the rest, and ends; each may block."""

    @classmethod
    def opened(cls, signals: frozenset[str], instance: str) -> Self:
        """With exporters for these signals."""
        resource = Resource(
            {"service.name": NAME, "service.version": __version__, "service.instance.id": instance}
        ).merge(OTELResourceDetector().detect())
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        if "TRACES" in signals:
            traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        readers = [PeriodicExportingMetricReader(OTLPMetricExporter())] if "METRICS" in signals else []
        meters = MeterProvider(metric_readers=readers, resource=resource, shutdown_on_exit=False)
        spans = traces.get_tracer(NAME, __version__, schema_url=genai.SCHEMA)
        instruments = Instruments.of(meters.get_meter(NAME, __version__, schema_url=genai.SCHEMA))
        calls = Calls(spans, instruments)
        return cls(spans=spans, instruments=instruments, calls=calls, shut=(traces.shutdown, meters.shutdown))

    @contextmanager
    def request(self, method: str, path: str, headers: Mapping[str, str]) -> Iterator["Asked"]:
        """One request at `path`, as it is registered, while it runs; its caller's trace goes on in it."""
        caller = propagate.extract(headers)
        told = {"http.request.method": method, "http.route": path, **genai.operation(path)}
        span = self.spans.start_span(f"{method} {path}", caller, SpanKind.SERVER, told)
        token = context.attach(set_span_in_context(span, caller))
        place = PLACE.set(place_of(span))
        try:
            yield Asked(span)
        except BaseException as error:
            # Its words may be the caller's own: only what kind of failure it was.
            span.set_attribute("error.type", type(error).__name__)
            raise
        finally:
            PLACE.reset(place)
            context.detach(token)
            span.end()

    def beside(self, telemetry: Telemetry) -> Telemetry:
        """The same telemetry, which tells of every event here as well."""
        return Both(telemetry, self)

    def record(self, event: UsageEvent) -> None:
        """Say in the span of the request that runs what became of it."""
        span = get_current_span()
        if span.is_recording():
            span.set_attributes(genai.told(event))
        self.instruments.count(event)

    def provider(self, provider: Provider, name: str, base_url: str | None) -> Provider:
        """The same provider, with a span for each call."""
        return TracedProvider(provider, Server.at(name, base_url), self.calls)

    async def close(self) -> None:
        """Send what waits, for a few seconds at most."""
        ends = [threading.Thread(target=shut, daemon=True) for shut in self.shut]
        for end in ends:
            end.start()
        limit = asyncio.get_running_loop().time() + LAST_EXPORT
        for end in ends:
            left = limit - asyncio.get_running_loop().time()
            await asyncio.to_thread(end.join, max(left, 0.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """The span of a request that runs."""

    span: Span

    def answered(self, status: int) -> None:
        """Note the status that the caller saw."""
        self.span.set_attribute("http.response.status_code", status)
        if status >= 500:
            self.span.set_attribute("error.type", str(status))
            self.span.set_status(StatusCode.ERROR)


@dataclass(frozen=True, slots=True)
class Both:
    """Tells two of every event."""

    first: Telemetry
    tracing: Tracing

    def record(self, event: UsageEvent) -> None:
        """Count the event here and there, without blocking and without raising."""
        self.first.record(event)
        self.tracing.record(event)

    def refused(self, status: int, code: str) -> None:
        """Count a request that ended before it was routed; its span has the status."""
        self.first.refused(status, code)


def place_of(span: Span) -> Place:
    """Where in a trace a span is."""
    found = span.get_span_context()
    return Place(f"{found.trace_id:032x}", f"{found.span_id:016x}", found.trace_flags.sampled)


_: type[Telemetry] = Both
