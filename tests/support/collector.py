"""A collector of OpenTelemetry: takes OTLP over HTTP, and keeps what it was sent."""

import gzip
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric
from opentelemetry.proto.trace.v1.trace_pb2 import Span


@dataclass
class Collector:
    """What has come."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    metrics: dict[str, Metric] = field(default_factory=dict)
    """The latest of each name."""
    resources: list[dict[str, Any]] = field(default_factory=list)
    schemas: set[str] = field(default_factory=set)

    def named(self, name: str) -> list[Span]:
        """Spans of a name."""
        return [span for span in self.spans if span.name == name]

    async def traces(self, request: web.Request) -> web.Response:
        for one in ExportTraceServiceRequest.FromString(await self._body(request)).resource_spans:
            self.resources.append(facts(one.resource.attributes))
            for scope in one.scope_spans:
                self.schemas.add(scope.schema_url)
                self.spans.extend(scope.spans)
        return web.Response()

    async def measured(self, request: web.Request) -> web.Response:
        for one in ExportMetricsServiceRequest.FromString(await self._body(request)).resource_metrics:
            for scope in one.scope_metrics:
                self.metrics.update({metric.name: metric for metric in scope.metrics})
        return web.Response()

    async def _body(self, request: web.Request) -> bytes:
        body = await request.read()
        self.bodies.append(gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body)
        self.headers.append(request.headers.copy())
        return self.bodies[-1]


@asynccontextmanager
async def a_collector() -> AsyncIterator[Collector]:
    """One that listens."""
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.traces)
    app.router.add_post("/v1/metrics", collector.measured)
    async with TestServer(app) as server:
        collector.url = str(server.make_url("")).rstrip("/")
        yield collector


def facts(attributes: Iterable[KeyValue]) -> dict[str, Any]:
    """Attributes by name."""
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in attributes
    }
