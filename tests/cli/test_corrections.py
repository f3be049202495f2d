import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from routergate.cli import main
from routergate.store.client import Store
from routergate.store.embedded import EmbeddedServer
from support.events import an_event
from support.exports import settle
from support.ledgers import written

CONFIG = """\
providers:
  acme-ai: {kind: openai, base_url: "http://acme/v1"}
models:
  mini:
    provider: acme-ai
    class: economy
    context_tokens: 1000
    prices: [{from: 2020-01-01, input: 2, output: 10}]
"""
PERIOD = ("--since", "2023-11-01", "--until", "2023-11-30")


@pytest.fixture
def environment(redis_server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    path = tmp_path / "routergate.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return {
        "ROUTERGATE_REDIS_URL": redis_server.url,
        "ROUTERGATE_DATA_DIR": str(tmp_path),
        "ROUTERGATE_CONFIG": str(path),
    }


def corrected(environment: dict[str, str], *arguments: str) -> Result:
    return CliRunner().invoke(main, ["prices", "correct", *PERIOD, *arguments], env=environment)


async def test_what_would_change_is_shown_and_then_booked_once(
    store: Store, environment: dict[str, str]
) -> None:
    await settle(store, [an_event(id="a"), an_event(id="b"), an_event(id="c", card=None)])

    planned = await asyncio.to_thread(corrected, environment, "--dry-run")
    assert planned.exit_code == 0
    assert "0.004" in planned.stdout
    assert "0.0008" in planned.stdout
    assert planned.stdout.endswith("Rows to be corrected: 2\n")
    assert len(await written(store)) == 3

    booked = await asyncio.to_thread(corrected, environment)
    assert booked.stdout.endswith("Rows to be corrected: 2\nRows corrected: 2\n")
    assert len(await written(store)) == 7

    again = await asyncio.to_thread(corrected, environment)
    assert again.stdout == "Rows to be corrected: 0\n"


async def test_machines_get_exact_dollars_and_what_was_left_alone(
    store: Store, environment: dict[str, str]
) -> None:
    await settle(store, [an_event(id="a"), an_event(id="b", card=an_event().card, baseline="mini")])
    shown = await asyncio.to_thread(corrected, environment, "--json", "--model", "mini")
    found = json.loads(shown.stdout)
    assert found == {
        "booked": True,
        "rows": 2,
        "changes": [
            {
                "organisation": "acme",
                "day": "2023-11-14",
                "model": "mini",
                "rows": 2,
                "unpriced_before": 0,
                "cost_usd_before": "0.004",
                "cost_usd_after": "0.0008",
                "baseline_cost_usd_before": "0.02",
                "baseline_cost_usd_after": "0.0104",
            }
        ],
        "left_alone": {},
    }


def test_a_model_that_nobody_knows_is_a_mistake(environment: dict[str, str]) -> None:
    refused = corrected(environment, "--model", "minni")
    assert refused.exit_code == 2
    assert "No model is called 'minni'" in refused.stderr
