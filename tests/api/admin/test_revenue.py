"""`POST /admin/revenue` over HTTP, to the ledger's files and into the report."""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.gateway import ADMIN_KEY
from support.stage import Caller, Stage, a_caller

ONE: Mapping[str, Any] = {
    "organisation": "earning",
    "id": "inv-1",
    "customer": "globex",
    "usd": "10.5",
    "day": "2026-02-03",
}
REVENUE = "/admin/revenue"


@pytest.fixture
async def admin(stage: Stage) -> AsyncIterator[Caller]:
    async with a_caller(stage.gateway.url, ADMIN_KEY) as someone:
        yield someone


async def sent(admin: Caller, body: Mapping[str, Any]) -> tuple[int, Any]:
    reply = await admin.ask("POST", REVENUE, json=body)
    return reply.status, reply.json


async def test_posted_revenue_is_in_the_report_once(stage: Stage, admin: Caller, tmp_path: Path) -> None:
    licence = {"id": "inv-2", "customer": "globex", "usd": 28, "note": "licence"}
    back = {"id": "back", "customer": "globex", "usd": "-0.500000001", "day": "2026-02-03"}
    items = [licence | {"since": "2026-02-01", "until": "2026-02-28"}, back]
    several = {"organisation": "earning", "items": items}
    assert await sent(admin, ONE) == (202, {"accepted": 1, "known": 0})
    assert await sent(admin, several) == (202, {"accepted": 2, "known": 0})
    assert await sent(admin, several) == (202, {"accepted": 2, "known": 2})
    status, refused = await sent(admin, {**ONE, "usd": 11})
    assert (status, refused["error"]["code"]) == (409, "idempotency_conflict")
    environment = {**os.environ, **stage.gateway.environment, "ROUTERGATE_REDIS_URL": stage.store_url}

    def ran(*arguments: str) -> str:
        command = [sys.executable, "-m", "routergate.cli", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    ledger = str(tmp_path / "ledger")
    ran("ledger", "run", "--once", "--dir", ledger)
    told = ran(
        *("report", "pnl", "--by", "customer", "--since", "2026-02-01", "--until", "2026-02-14", "--json"),
        *("--organisation", "earning", "--ledger", ledger, "--config", str(stage.gateway.config)),
    )
    report = json.loads(told)
    [row] = report["rows"]
    assert (row["customer"], row["requests"], row["revenue_usd"]) == ("globex", 0, "23.999999999")
    assert any("customer 'globex', and no request" in note for note in report["notes"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"id": None}, "'id' is wrong"),
        ({"customer": None}, "names neither a feature nor a customer"),
        ({"usd": "lots"}, "'usd' is wrong"),
        ({"usd": "NaN"}, "or of no amount"),
        ({"usd": "1e999999"}, "more than 9,000,000 USD"),
        ({"usd": "0.0000000001"}, "more than nine decimals"),
        ({"day": None}, "gives either 'day'"),
        ({"until": "2026-02-04"}, "gives either 'day'"),
        ({"day": None, "since": "2026-02-04", "until": "2026-02-03"}, "ends before it begins"),
        ({"day": "1999-02-03"}, "before 2000 or after 2099"),
        ({"day": "yesterday"}, "'day' is wrong"),
        ({"note": "x" * 65}, "'note' is wrong"),
        ({"currency": "EUR"}, "currency"),
        ({"day": None, "since": "2026-01-01", "until": "2046-01-01"}, "5,000 are the most"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    admin: Caller, changes: Mapping[str, Any], said: str
) -> None:
    status, answer = await sent(admin, {**ONE, **changes})
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    assert said in answer["error"]["message"]


async def test_two_postings_of_one_request_have_not_one_id(admin: Caller) -> None:
    item = {name: value for name, value in ONE.items() if name != "organisation"}
    status, answer = await sent(admin, {"organisation": "earning", "items": [item, item]})
    assert (status, "is there 2 times" in answer["error"]["message"]) == (400, True)


async def test_nobody_posts_revenue_without_the_admin_key(caller: Caller) -> None:
    assert (await sent(caller, ONE))[0] == 401
