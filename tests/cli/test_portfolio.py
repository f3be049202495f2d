import csv
import json
import os
import sys
from asyncio import create_subprocess_exec
from asyncio.subprocess import PIPE
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest

from routergate.domain.asset import Loaded
from routergate.domain.model import ModelClass
from routergate.domain.money import nanos
from routergate.domain.usage import Usage
from routergate.economics.months import following, instant, preceding
from routergate.store.client import Store
from routergate.store.embedded import EmbeddedServer
from support.configs import SMALL
from support.events import MINI, an_event
from support.exports import settle
from support.ledgers import written

CONFIG = (
    SMALL
    + """\
  mini:
    provider: openai
    class: self_hosted
    context_tokens: 1000
    asset:
      hosting: {monthly: 3000, tokens_per_second: 10}
      maintenance: {monthly: 600}
"""
)
MONTH = preceding(datetime.now(UTC).date().replace(day=1))
"""The last one that is over."""


@pytest.fixture
def environment(redis_server: EmbeddedServer, tmp_path: Path) -> dict[str, str]:
    config = tmp_path / "routergate.yaml"
    config.write_text(CONFIG)
    ours = {"ROUTERGATE_REDIS_URL": redis_server.url, "ROUTERGATE_DATA_DIR": str(tmp_path)}
    return {**os.environ, **ours, "ROUTERGATE_CONFIG": str(config), "OPENAI_API_KEY": "sk-0123456789"}


async def ran(environment: dict[str, str], *arguments: str) -> tuple[int | None, str, str]:
    command = [sys.executable, "-m", "routergate.cli", *arguments]
    process = await create_subprocess_exec(*command, env=environment, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def days(month: date) -> tuple[str, ...]:
    last = date.fromordinal(following(month).toordinal() - 1)
    return ("--since", month.isoformat(), "--until", last.isoformat())


async def test_a_month_is_closed_once_and_then_shows_what_it_truly_cost(
    store: Store, environment: dict[str, str]
) -> None:
    share = Loaded(hosting=nanos(Decimal(3)), maintenance=nanos(Decimal(1)))
    usage = Usage(output=1_000_000)
    card = replace(MINI, model_class=ModelClass.SELF_HOSTED)
    await settle(
        store, [an_event(at=instant(MONTH), card=card, share=share, usage=usage, cost=nanos(Decimal(0)))]
    )

    code, out, _ = await ran(environment, "ledger", "accrue", "--month", f"{MONTH:%Y-%m}")
    parts = "hosting 2997.0, depreciation 0.0, maintenance 599.0 USD, on the account of house"
    assert (code, out) == (0, f"{MONTH:%Y-%m} mini: {parts}\n")
    assert len(await written(store, "house")) == 1
    assert await ran(environment, "ledger", "accrue") == (0, f"{MONTH:%Y-%m}: nothing is due.\n", "")

    _, shown, _ = await ran(environment, "report", "portfolio", "--json", *days(MONTH))
    found = json.loads(shown)
    [mini] = [one for one in found["rows"] if one["model"] == "mini"]
    assert (mini["loaded_allocation_usd"], mini["borne_usd"]) == ("3600.000000000", "3600.000000000")
    assert (mini["not_accrued_usd"], mini["requests"]) == ("0.000000000", 1)
    assert float(mini["hosting_busy_usd"]) + float(mini["idle_usd"]) == 3_000
    assert found["notes"][0] == "Own models kept 1 requests (100.0%); 0 went to bought models."

    _, shown, _ = await ran(environment, "report", "portfolio", "--format", "csv", *days(MONTH))
    rows = {row["model"]: row for row in csv.DictReader(StringIO(shown))}
    assert rows["mini"]["per_request_allocation_usd"] == "3600.000000000"
    assert rows["gpt-4o"]["idle_usd"] == ""

    _, shown, _ = await ran(environment, "report", "portfolio", *days(MONTH))
    assert "3,600.00" in shown
    assert "Own models kept 1 requests (100.0%)" in shown


async def test_a_month_that_is_not_over_is_not_closed(environment: dict[str, str]) -> None:
    code, _, err = await ran(environment, "ledger", "accrue", "--month", f"{following(MONTH):%Y-%m}")
    assert code == 2
    assert "is not over yet; choose an earlier month" in err
