"""A model that is an asset, from the file to the metrics and the report."""

import json
from pathlib import Path
from typing import Any

from routergate.testing import Simulator
from support.asking import HELLO, a_client, booked, chat, eventually, metric
from support.gateway import a_model, configuration, running_gateway

ASSET = {
    "training": {"cost": 1_000, "in_service": "2020-01-01", "method": "units_of_production"}
    | {"expected_requests": 1_000},
    "hosting": {"monthly": 500},
    "requests_per_month": 1_000,
    "owner": "acme",
}
"""One dollar for each request that is written off, and half a dollar of hosting."""


async def test_a_request_to_an_own_model_carries_its_share_everywhere(tmp_path: Path) -> None:
    async with Simulator() as sim:
        written = configuration(sim.base_url)
        written["models"]["own"] = a_model("sim-mini", "self_hosted", 0, 0) | {"asset": ASSET}
        written["routes"]["shared"] = {"candidates": ["own", "large"], "cost_basis": "loaded"}
        written["organisations"] = {
            "acme": {"budgets": [{"scope": "key", "usd": 4, "window": "total", "basis": "loaded"}]}
        }
        with running_gateway(tmp_path, written) as gateway:
            async with a_client(gateway) as client:
                answers = [
                    await chat(client, {**HELLO, "model": model}) for model in ("own", "own", "shared")
                ]
                assert [status for status, _, _ in answers] == [200] * 3
                assert [headers["x-routergate-model"] for _, headers, _ in answers] == ["own", "own", "large"]

                # Loaded, the budget of four dollars has no room for a third one.
                status, _, refusal = await chat(client, {**HELLO, "model": "own"})
                assert status == 429
                assert json.loads(refusal)["error"]["metadata"]["measure"] == "loaded_usd"

                rows = await eventually(lambda: _when_booked(client))
                own = next(row for row in rows if row["model"] == "own")
                assert (own["cost_usd"], own["loaded_cost_usd"], own["loaded"]) == (
                    "0.000000000",
                    "3.000000000",
                    2,
                )
                cost = {"name": "routergate_cost_usd_total", "model": "own"}
                assert await metric(client, **cost, basis="loaded") == 3
                assert await metric(client, **cost, basis="marginal") == 0
                worth = {"name": "routergate_asset_unamortised_usd", "model": "own"}
                assert await eventually(lambda: _equals(client, 998, worth))

            shown = json.loads(gateway.command("report", "portfolio", "--json").stdout)
    [own] = [one for one in shown["rows"] if one["model"] == "own"]
    assert (own["requests"], own["depreciation_usd"], own["served"]) == (2, "2.000000000", 2)
    assert own["borne_usd"] == "3.000000000"


async def _when_booked(client: Any) -> list[dict[str, Any]]:
    rows = await booked(client)
    return rows if sum(row["requests"] for row in rows) == 3 else []


async def _equals(client: Any, expected: float, wanted: dict[str, str]) -> bool:
    return await metric(client, **wanted) == expected
