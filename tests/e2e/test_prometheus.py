"""A real Prometheus scrapes a real gateway, and every expression of the shipped dashboards gives data."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from routergate.testing import Simulator
from support.asking import HELLO, a_client, chat
from support.dashboards import DASHBOARDS, expressions
from support.gateway import a_model, configuration, running_gateway
from support.prometheus import Prometheus, running_prometheus


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[Prometheus]:
    """Prometheus on a gateway that has seen every kind of traffic."""
    async with Simulator() as sim:
        written = configuration(sim.base_url)
        written["models"]["broken"] = a_model("sim-mini!503", "economy", 0.01, 0.01)
        written["models"]["unpriced"] = {**a_model("sim-mini", "economy", 0, 0), "prices": []}
        written["routes"]["shaky"] = {
            "candidates": ["broken", "large"], "baseline": "large", "quality": 0.5,
        }  # fmt: skip
        with running_gateway(tmp_path, written, workers=2) as gateway:
            target = gateway.url.removeprefix("http://")
            with running_prometheus(tmp_path, target) as server:
                async with a_client(gateway) as client:
                    assert await server.until("up == 1")
                    await _traffic(client)
                    # Rates need two scrapes with traffic between them.
                    assert await server.until("routergate_requests_total > 0")
                    await _traffic(client)
                    assert await server.until("sum(rate(routergate_requests_total[30s])) > 0")
                    yield server


async def _traffic(client: Any) -> None:
    for model in ("auto", "shaky", "unpriced", "small"):
        for stream in (False, True):
            for text in ("hello", "Prove rigorously the theorem, derive every lemma step by step"):
                body = {"model": model, "stream": stream, "messages": [{"role": "user", "content": text}]}
                status, _, answer = await chat(client, body)
                assert status == 200, answer
    status, _, _ = await chat(client, {**HELLO, "model": "nobody"})
    assert status == 404


async def test_every_expression_of_the_dashboards_gives_data(prometheus: Prometheus) -> None:
    asked = [each for file in sorted(DASHBOARDS.glob("*.json")) for each in expressions(file, step="30s")]
    assert len(asked) > 10
    empty = [each for each in asked if not await prometheus.until(each.promql, 15)]
    assert not empty, "\n".join(f"{each.panel}: {each.promql}" for each in empty)


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
