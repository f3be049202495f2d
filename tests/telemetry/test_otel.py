"""Traces and metrics, as a collector gets them over a socket from a gateway that runs."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes as theirs

from routergate.telemetry import calls, genai
from routergate.testing import Profile, Simulator
from support.collector import a_collector, facts
from support.gateway import ADMIN_KEY, KEY, RunningGateway, a_model, configuration, running_gateway
from support.stage import Caller, a_caller

CALLER = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{CALLER}-b7ad6b7169203331-01"
PROMPT = "What does the lighthouse keeper whisper to the fog?"
SECRET = "sk-provider-secret-of-these-tests"


@asynccontextmanager
async def traced(
    folder: Path, collector: str, **environment: str
) -> AsyncIterator[tuple[RunningGateway, Caller, Simulator]]:
    """A gateway that tells a collector of what it does, in front of a simulator."""
    async with Simulator(Profile(models=("sim-mini",))) as simulator:
        plain = configuration(simulator.base_url)
        plain["providers"]["sim"]["api_key"] = SECRET
        down = {**plain["providers"]["sim"], "api_key": f"{SECRET}-2"}
        plain["providers"]["down"] = down
        plain["models"]["broken"] = {**a_model("sim-mini!503", "economy", 0.1, 0.1), "provider": "down"}
        plain["routes"]["second-best"] = {"candidates": ["broken", "large"], "baseline": "large"}
        chosen = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector, **environment}
        start = running_gateway(folder, plain, environment=chosen)
        gateway = await asyncio.to_thread(start.__enter__)
        try:
            async with a_caller(gateway.url) as caller:
                yield gateway, caller, simulator
        finally:
            await asyncio.to_thread(start.__exit__, None, None, None)


async def flushed(gateway: RunningGateway) -> None:
    assert await asyncio.to_thread(gateway.stop) == 0


async def test_a_request_is_one_span_with_a_child_for_each_call(tmp_path: Path) -> None:
    async with a_collector() as collector, traced(tmp_path, collector.url) as (gateway, caller, simulator):
        headers = {"traceparent": TRACEPARENT, "tracestate": "shop=7", "baggage": "cart=full"}
        reply = await caller.chat("second-best", PROMPT, headers)
        assert reply.status == 200
        await flushed(gateway)

        [server] = collector.named("POST /v1/chat/completions")
        told = facts(server.attributes)
        assert (server.kind, server.trace_id.hex()) == (Span.SPAN_KIND_SERVER, CALLER)
        assert server.parent_span_id.hex() == "b7ad6b7169203331"
        expected: Mapping[str, Any] = {
            "http.request.method": "POST",
            "http.route": "/v1/chat/completions",
            "http.response.status_code": 200,
            "gen_ai.operation.name": "chat",
            "gen_ai.request.model": "second-best",
            "gen_ai.response.model": "sim-mini",
            "gen_ai.provider.name": "sim",
            "routergate.model": "large",
            "routergate.class": "frontier",
            "routergate.outcome": "ok",
            "routergate.request.id": reply.headers["x-request-id"],
            "routergate.organisation": "acme",
            "routergate.team": "research",
        }
        assert expected.items() <= told.items()
        assert told["routergate.cost_usd"] == pytest.approx(float(reply.headers["x-routergate-cost-usd"]))
        usage = reply.json["usage"]
        assert told["gen_ai.usage.input_tokens"] == usage["prompt_tokens"]
        assert told["gen_ai.usage.output_tokens"] == usage["completion_tokens"]

        calls = [span for span in collector.spans if span.kind == Span.SPAN_KIND_CLIENT]
        assert told["routergate.attempts"] == len(calls) == len(simulator.calls)
        assert {span.parent_span_id for span in calls} == {server.span_id}
        *failed, answered = sorted(calls, key=lambda span: span.start_time_unix_nano)
        assert {span.status.code for span in failed} == {Status.STATUS_CODE_ERROR}
        assert facts(failed[0].attributes)["gen_ai.request.model"] == "sim-mini!503"
        assert facts(failed[0].attributes)["error.type"] == "broken"
        assert answered.name == "chat sim-mini"
        assert answered.status.code == Status.STATUS_CODE_UNSET
        assert facts(answered.attributes)["server.address"] == "127.0.0.1"
        assert facts(answered.attributes)["gen_ai.usage.input_tokens"] == usage["prompt_tokens"]

        sent = [{name.lower(): value for name, value in call.headers.items()} for call in simulator.calls]
        assert sorted(one["traceparent"] for one in sent) == sorted(
            f"00-{CALLER}-{span.span_id.hex()}-01" for span in calls
        )
        assert {one["tracestate"] for one in sent} == {"shop=7"}
        assert not any("baggage" in one for one in sent)

        assert collector.resources[0]["service.name"] == "routergate"
        assert collector.schemas == {"https://opentelemetry.io/schemas/1.44.0"}
        whole = b"".join(collector.bodies).decode(errors="replace")
        for hidden in (PROMPT, "lighthouse", KEY, SECRET, ADMIN_KEY):
            assert hidden not in whole


async def test_tokens_seconds_and_cost_are_metrics(tmp_path: Path) -> None:
    async with a_collector() as collector, traced(tmp_path, collector.url) as (gateway, caller, _):
        reply = await caller.chat("large", PROMPT)
        streamed = await caller.chat("large", PROMPT, stream=True)
        assert (reply.status, streamed.status) == (200, 200)
        await flushed(gateway)

        tokens = {
            facts(point.attributes)["gen_ai.token.type"]: point
            for point in collector.metrics["gen_ai.client.token.usage"].histogram.data_points
        }
        assert tokens["input"].sum == 2 * reply.json["usage"]["prompt_tokens"]
        assert list(tokens["input"].explicit_bounds[:4]) == [1, 4, 16, 64]
        [calls] = collector.metrics["gen_ai.client.operation.duration"].histogram.data_points
        [requests] = collector.metrics["gen_ai.server.request.duration"].histogram.data_points
        [first] = collector.metrics["gen_ai.server.time_to_first_token"].histogram.data_points
        assert (calls.count, requests.count, first.count) == (2, 2, 1)
        costs = {
            facts(point.attributes)["routergate.cost.basis"]: point.as_double
            for point in collector.metrics["routergate.cost"].sum.data_points
        }
        assert costs["marginal"] == pytest.approx(2 * float(reply.headers["x-routergate-cost-usd"]), rel=0.5)


async def test_sampling_is_the_callers_or_that_of_the_variables(tmp_path: Path) -> None:
    never = {"OTEL_TRACES_SAMPLER": "parentbased_always_off", "OTEL_METRICS_EXPORTER": "none"}
    async with a_collector() as collector, traced(tmp_path, collector.url, **never) as (gateway, caller, sim):
        await caller.chat("large", PROMPT)
        await caller.chat("large", PROMPT, {"traceparent": TRACEPARENT})
        await caller.chat("large", PROMPT, {"traceparent": TRACEPARENT[:-2] + "00"})
        await flushed(gateway)

        assert [span.trace_id.hex() for span in collector.named("POST /v1/chat/completions")] == [CALLER]
        sampled = [int(call.headers["traceparent"][-2:], 16) & 1 for call in sim.calls]
        assert sampled == [0, 1, 0]
        assert collector.metrics == {}


async def test_a_collector_that_is_away_holds_nobody_up(tmp_path: Path) -> None:
    async with traced(tmp_path, "http://127.0.0.1:9") as (gateway, caller, _):
        assert (await caller.chat("large", PROMPT)).status == 200
        await flushed(gateway)
        lines = gateway.log.read_text()
    assert PROMPT not in lines
    assert SECRET not in lines


async def test_lines_of_a_request_and_exemplars_have_the_trace(tmp_path: Path) -> None:
    async with a_collector() as collector, traced(tmp_path, collector.url) as (gateway, caller, _):
        await caller.chat("large", PROMPT, {"traceparent": TRACEPARENT})
        refused = await caller.chat("nobody", PROMPT, {"traceparent": TRACEPARENT})
        openmetrics = {"Accept": "application/openmetrics-text; version=1.0.0"}
        metrics = (await caller.get("/metrics", headers=openmetrics)).body.decode()
        await flushed(gateway)

        [line] = [line for line in gateway.logged() if line.get("status") == 404]
        spans = collector.named("POST /v1/chat/completions")
        [span] = [one for one in spans if facts(one.attributes)["http.response.status_code"] == 404]
        assert line["request_id"] == refused.headers["x-request-id"]
        assert (line["trace_id"], line["span_id"]) == (CALLER, span.span_id.hex())
        assert re.search(rf'# {{[^}}]*trace_id="{CALLER}"', metrics)


async def test_nothing_is_sent_to_providers_where_nobody_traces(tmp_path: Path) -> None:
    async with traced(tmp_path, "") as (_, caller, simulator):
        await caller.chat("large", PROMPT, {"traceparent": TRACEPARENT})
        assert "traceparent" not in {name.lower() for name in simulator.calls[0].headers}


def test_every_attribute_of_the_conventions_is_one_of_theirs() -> None:
    known = {value for name, value in vars(theirs).items() if name.startswith("GEN_AI_")}
    sources = [Path(str(module.__file__)).read_text() for module in (genai, calls)]
    used = set(re.findall(r'"(gen_ai\.[a-z_.]+)"', "".join(sources)))
    assert used
    assert used <= known
