"""A real Prometheus scrapes a real gateway under every kind of traffic: dashboards, rules, exemplars."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from routergate.testing import Profile, Simulator
from support.asking import HELLO, a_client, chat
from support.dashboards import DASHBOARDS, expressions
from support.gateway import a_model, configuration, running_gateway
from support.prometheus import Prometheus, running_prometheus
from support.rules import RULES, alerts, names, recorded

# One gateway for all of them: it takes a while until there are rates.
pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.xdist_group("prometheus")]

HARD = (
    "Prove that every finite group of odd order is solvable, and derive a bound on the length of the derived "
    "series; then give a counterexample where the hypothesis fails. Justify each step rigorously."
)
ASSET = {
    "training": {"cost": 400_000, "in_service": "2024-01-15", "method": "straight_line", "life_months": 120},
    "hosting": {"gpus": 2, "gpu_hour": 2.5},
    "maintenance": {"monthly": 12_000},
    "requests_per_month": 100_000,
}
BUDGETS = [
    {"scope": "customer", "of": "rich", "usd": 100, "window": "month"},
    {"scope": "customer", "of": "poor", "usd": 0.000000001, "window": "month"},
]


def configured(sim: Simulator, gpus: Simulator) -> dict[str, Any]:
    """Routes that fail, hedge, keep answers and escalate; a server of one's own; a model without a price."""
    plain = configuration(sim.base_url)
    own = {**a_model("sim-mini!slow:0.2", "self_hosted", 0.01, 0.02), "provider": "gpus", "asset": ASSET}
    gpu = {
        "kind": "vllm",
        "base_url": gpus.base_url,
        "probe": {"every": 1},
        "limit": {"concurrent": 2, "queue": 50, "wait": 20},
    }
    return {
        **plain,
        "providers": {**plain["providers"], "gpus": gpu},
        "models": {
            **plain["models"],
            "own": own,
            "broken": a_model("sim-mini!503", "economy", 0.01, 0.01),
            "silent": a_model("sim-mini!slow:0.5", "economy", 0.01, 0.01),
            "unpriced": {**a_model("sim-mini", "economy", 0, 0), "prices": []},
        },
        "routes": {
            **plain["routes"],
            "shaky": {"candidates": ["broken", "large"], "baseline": "large", "quality": 0.5},
            "late": {
                "candidates": ["silent", "large"],
                "baseline": "large",
                "quality": 0.5,
                "hedge": {"after": 0.05},
            },
            "kept": {"candidates": ["small", "large"], "baseline": "large", "cache": {"ttl": "1h"}},
            "own-first": {"candidates": ["own", "large"], "baseline": "large", "quality": 0.1},
        },
        "organisations": {"acme": {"budgets": BUDGETS}},
    }


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def prometheus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    """Prometheus, with the rules that are shipped, on a gateway that has seen every kind of traffic."""
    folder = tmp_path_factory.mktemp("prometheus")
    async with Simulator() as sim, Simulator(Profile(vllm=True)) as gpus:
        with running_gateway(folder, configured(sim, gpus), workers=2) as gateway:
            target = gateway.url.removeprefix("http://")
            with running_prometheus(folder, target, RULES) as server:
                async with a_client(gateway) as client:
                    assert await server.until("up == 1")
                    await _traffic(client)
                    # Rates need two scrapes with traffic between them.
                    assert await server.until("routergate_requests_total > 0")
                    await _traffic(client)
                    assert await server.until("sum(rate(routergate_requests_total[30s])) > 0")
                    yield server


async def _traffic(client: aiohttp.ClientSession) -> None:
    for model in ("auto", "shaky", "unpriced", "small", "late", "kept"):
        for stream in (False, True):
            for text in ("hello", HARD):
                body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": text}]}
                status, headers, answer = await chat(client, body)
                assert status == 200, answer
                await _rated(client, headers["x-routergate-decision-id"])
    waiting = [chat(client, {**HELLO, "model": "own-first", "stream": n % 2 == 0}) for n in range(12)]
    assert {status for status, _, _ in await asyncio.gather(*waiting)} == {200}
    assert (await chat(client, {**HELLO, "model": "nobody"}))[0] == 404
    assert (await chat(client, HELLO, **{"x-routergate-customer": "rich"}))[0] == 200
    assert (await chat(client, HELLO, **{"x-routergate-customer": "poor"}))[0] == 429


async def _rated(client: aiohttp.ClientSession, decision: str) -> None:
    async with client.post("/v1/feedback", json={"decision_id": decision, "thumbs": "up"}) as answer:
        assert answer.status == 202


async def test_every_expression_of_the_dashboards_gives_data(prometheus: Prometheus) -> None:
    asked = [each for file in sorted(DASHBOARDS.glob("*.json")) for each in expressions(file, step="30s")]
    assert len(asked) > 80
    empty = [each for each in asked if not await prometheus.until(each.promql, 15)]
    assert not empty, "\n".join(f"{each.panel}: {each.promql}" for each in empty)


async def test_every_rule_is_evaluated_on_metrics_that_are_there(prometheus: Prometheus) -> None:
    for record in recorded():
        assert await prometheus.until(record), record
    for name in sorted(set.union(*(names(rule["expr"]) for rule in alerts()))):
        assert await prometheus.until(name), name
    found = [rule for group in (await prometheus.asked("rules"))["groups"] for rule in group["rules"]]
    assert {rule["health"] for rule in found} == {"ok"}
    pending = [alert for rule in found for alert in rule.get("alerts", ())]
    assert "RouterGatePriceUnknown" in {alert["labels"]["alertname"] for alert in pending}
    assert "error" not in json.dumps([alert["annotations"] for alert in pending])


async def test_buckets_name_requests(prometheus: Prometheus) -> None:
    now = time.time()
    span = {"start": str(now - 600), "end": str(now + 60)}
    for name in ("overhead", "request_duration"):
        found = await prometheus.asked("query_exemplars", query=f"routergate_{name}_seconds_bucket", **span)
        exemplars = [one for series in found for one in series["exemplars"]]
        assert exemplars, name
        assert all(one["labels"]["request_id"].startswith("req_") for one in exemplars)


async def test_the_money_in_prometheus_is_the_money_in_the_books(prometheus: Prometheus) -> None:
    cost, baseline, saved, lost = [
        float((await prometheus.query(f"sum({name})"))[0]["value"][1])
        for name in (
            'routergate_cost_usd_total{model!="unpriced", basis="marginal"}',
            "routergate_baseline_cost_usd_total",
            "routergate_savings_usd_total",
            "routergate_losses_usd_total",
        )
    ]
    compared = baseline - saved + lost
    assert compared > 0
    assert compared < cost or compared == pytest.approx(cost)
