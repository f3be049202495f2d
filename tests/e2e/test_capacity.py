"""A gateway's own processes watch the servers that it has."""

import asyncio
import json
from pathlib import Path
from typing import Any

from routergate.testing import Profile, Simulator
from support.asking import a_client, chat, eventually, metric
from support.gateway import a_model, configuration, running_gateway

SLOW = "sim-mini!slow:60"
TALK = {"messages": [{"role": "user", "content": "Hello?"}]}


def configured(own: Simulator, other: Simulator) -> dict[str, Any]:
    """An own model that costs nothing, and one behind an API."""
    plain = configuration(other.base_url)
    free = a_model("sim-mini", "self_hosted", 0, 0)
    return {
        **plain,
        "providers": {
            **plain["providers"],
            "gpus": {"kind": "vllm", "base_url": own.base_url, "probe": {"every": 1}},
        },
        "models": {
            "own": {**free, "provider": "gpus", "quality": 0.9},
            "slow": {**free, "provider": "gpus", "name": SLOW},
            "small": {**plain["models"]["small"], "quality": 0.9},
        },
        "routes": {"auto": {"candidates": ["own", "small"], "quality": 0.5}},
    }


async def test_traffic_spills_while_the_own_server_is_full_and_returns(tmp_path: Path) -> None:
    async with Simulator(Profile(vllm=True, slots=1)) as own, Simulator() as other:
        with running_gateway(tmp_path, configured(own, other)) as gateway:
            async with a_client(gateway) as client:

                async def answering() -> Any:
                    async with client.post("/v1/route", json={"model": "auto", **TALK}) as reply:
                        return json.loads(await reply.read())

                assert (await chat(client))[1]["x-routergate-model"] == "own"
                stuck = [asyncio.create_task(chat(client, {"model": "slow", **TALK})) for _ in range(40)]
                await eventually(lambda: metric(client, "routergate_capacity_queue", model="own"))
                assert await metric(client, "routergate_capacity_utilisation", model="own") == 1

                async def spilt() -> bool:
                    return bool((await answering())["model"] == "small")

                await eventually(spilt)
                assert "now that own is full" in (await answering())["rule"]
                for task in stuck:
                    task.cancel()
                await asyncio.wait(stuck)

                async def back() -> bool:
                    return bool((await answering())["model"] == "own")

                await eventually(back)
