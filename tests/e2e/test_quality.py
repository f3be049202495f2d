"""A promise that is checked while it is kept: shadow calls, states of trust, and what they move."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from support.asking import eventually
from support.drawn import Examinees, examined
from support.gateway import RunningGateway, a_model, configuration, running_gateway
from support.stage import Caller, a_caller

NUMERIC = {
    "check": "numeric",
    "share": 1.0,
    "most": 1.0,
    "budget": {"usd": 1000, "window": "day"},
    "least": 10,
    "probes": 0.5,
}


def written(base_url: str, **shadow: Any) -> dict[str, Any]:
    """A cheap model that is good enough until it is not."""
    return configuration(
        base_url,
        models={
            "small": a_model("small", "economy", 0.15, 0.60, quality=0.99),
            "large": a_model("large", "frontier", 2.50, 10.00, quality=0.99),
            "judge": a_model("judge", "frontier", 2.50, 10.00),
        },
        routes={
            "auto": {
                "candidates": ["small", "large"],
                "baseline": "large",
                "quality": 0.9,
                "shadow": {**NUMERIC, **shadow},
            }
        },
    )


@asynccontextmanager
async def at_work(folder: Path, **shadow: Any) -> AsyncIterator[tuple[Examinees, RunningGateway, Caller]]:
    async with examined() as (models, url):
        with running_gateway(folder, written(url, **shadow)) as gateway:
            async with a_caller(gateway.url) as caller:
                yield models, gateway, caller


async def served_by(caller: Caller) -> str:
    reply = await caller.chat(text="What is six times seven?")
    assert reply.status == 200, reply.body
    return reply.headers["x-routergate-model"]


async def states(gateway: RunningGateway) -> dict[tuple[str, str], str]:
    told = await asyncio.to_thread(gateway.command, "quality", "show", "--json")
    assert told.returncode == 0, told.stderr
    return {(one["model"], one["task"]): one["state"] for one in json.loads(told.stdout)}


async def test_a_model_that_goes_bad_loses_its_traffic_and_gets_it_back(tmp_path: Path) -> None:
    async with at_work(tmp_path, rest=1, patience=1) as (models, gateway, caller):
        assert await served_by(caller) == "small"

        models.wrong.add("small")
        await eventually(lambda: _is(caller, "large", times=3), 60)
        assert ("small", "chat") in await states(gateway)

        models.wrong.clear()
        await eventually(lambda: _is(caller, "small", times=5), 60)
        log = gateway.log.read_text()
    assert "demoted, quality" in log
    assert "six times seven" not in log


async def test_a_dry_run_tells_and_moves_nothing(tmp_path: Path) -> None:
    async with at_work(tmp_path, dry_run=True) as (models, gateway, caller):
        models.wrong.add("small")

        await eventually(lambda: _logged(gateway, caller, "(dry run)"), 60)

        assert await served_by(caller) == "small"


async def test_a_judge_is_asked_in_both_orders_and_its_cost_is_overhead(tmp_path: Path) -> None:
    labels = {"good": 200, "good_called_good": 200, "bad": 200, "bad_called_bad": 200}
    judge = {"model": "judge", "labels": labels, "rubric": {"default": "It is right."}}
    async with at_work(tmp_path, check=None, judge=judge) as (models, _, caller):
        models.wrong.add("small")

        await eventually(lambda: _is(caller, "large", times=3), 60)

        prompts = [prompt for model, prompt in models.asked if model == "judge"]
        costs = (await caller.get("/metrics")).body.decode()
    assert "It is right." in prompts[0]
    assert 'routergate_comparison_cost_usd_total{purpose="judge",route="auto"}' in costs
    assert 'routergate_comparison_cost_usd_total{purpose="shadow",route="auto"}' in costs


async def test_comparisons_end_with_their_budget_and_requests_do_not(tmp_path: Path) -> None:
    async with at_work(tmp_path, budget={"usd": 0.001, "window": "day"}) as (_, _, caller):
        await eventually(lambda: _counted(caller, 'model="small",result="over_budget"'), 60)

        assert await served_by(caller) == "small"
        assert not await _counted(caller, 'result="same_or_better"')


async def test_a_model_is_held_by_hand_and_released(tmp_path: Path) -> None:
    async with at_work(tmp_path, share=0.01, most=0.01) as (_, gateway, caller):
        held = await asyncio.to_thread(
            gateway.command, "quality", "hold", "small", "--state", "demoted", "--because", "it lies"
        )
        assert held.returncode == 0, held.stderr
        await eventually(lambda: _is(caller, "large"), 60)
        assert (await states(gateway))["small", "*"] == "demoted"

        again = await asyncio.to_thread(gateway.command, "quality", "hold", "small", "--because", "better")
        assert again.returncode == 0, again.stderr
        await eventually(lambda: _is(caller, "small"), 60)
        freed = await asyncio.to_thread(gateway.command, "quality", "release", "small")
        assert freed.returncode == 0, freed.stderr
        unknown = await asyncio.to_thread(gateway.command, "quality", "hold", "smal")
    assert unknown.returncode == 2
    assert "'smal' is no candidate of 'auto'" in unknown.stderr


async def _is(caller: Caller, model: str, times: int = 1) -> bool:
    return all([await served_by(caller) == model for _ in range(times)])


async def _logged(gateway: RunningGateway, caller: Caller, words: str) -> bool:
    await served_by(caller)
    return words in gateway.log.read_text()


async def _counted(caller: Caller, labels: str) -> bool:
    await served_by(caller)
    return labels in (await caller.get("/metrics")).body.decode()
