"""`POST /v1/feedback` over HTTP, to the ledger's files and back into a router."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from routergate.classify.artifact import load
from routergate.evaluation.recorded import LEAST
from support.stage import Caller, Stage, usage_of

FEEDBACK = "/v1/feedback"


async def sent(caller: Caller, body: Mapping[str, Any]) -> tuple[int, Any]:
    reply = await caller.ask("POST", FEEDBACK, json=body)
    return reply.status, reply.json


async def test_a_rating_or_a_thumb_is_taken_down(caller: Caller) -> None:
    answer = await caller.chat()
    decision = answer.headers["x-routergate-decision-id"]
    assert await sent(caller, {"decision_id": decision, "thumbs": "up"}) == (202, {"accepted": 1})
    several = {"items": [{"decision_id": decision, "rating": n / 2, "source": "rule"} for n in range(3)]}
    assert await sent(caller, several) == (202, {"accepted": 3})


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "decision_id"),
        ({"decision_id": "d"}, "rating"),
        ({"decision_id": "d", "rating": 0.5, "thumbs": "up"}, "rating"),
        ({"decision_id": "d", "rating": 1.5}, "rating"),
        ({"decision_id": "d", "thumbs": "sideways"}, "thumbs"),
        ({"decision_id": "d", "thumbs": "up", "comment": "nice"}, None),
        ({"decision_id": "a b", "thumbs": "up"}, "decision_id"),
        ({"decision_id": "d", "thumbs": "up", "outcome": "x" * 65}, "outcome"),
        ({"items": []}, "items"),
        ({"items": [{"decision_id": "d"}]}, "rating"),
    ],
)
async def test_what_makes_no_sense_is_refused_by_name(
    caller: Caller, body: Mapping[str, Any], param: str | None
) -> None:
    status, answer = await sent(caller, body)
    assert (status, answer["error"]["type"]) == (400, "invalid_request_error")
    if param is not None:
        assert param in (answer["error"]["param"] or answer["error"]["message"])


async def test_nobody_says_anything_without_a_key(stage: Stage, caller: Caller) -> None:
    reply = await caller.ask(
        "POST", FEEDBACK, json={"decision_id": "d", "thumbs": "up"}, headers={"Authorization": "Bearer rg-no"}
    )
    assert (reply.status, reply.error["code"]) == (401, "invalid_api_key")


async def test_rated_answers_make_a_router_without_a_prompt_being_kept(
    stage: Stage, caller: Caller, tmp_path: Path
) -> None:
    secret = "Where is the amber room that nobody has seen since 1945"
    for number in range(LEAST):
        answer = await caller.chat(text=f"{secret}, asked {number} times?")
        assert answer.status == 200, answer.body
        decision = answer.headers["x-routergate-decision-id"]
        assert (await sent(caller, {"decision_id": decision, "thumbs": "up"}))[0] == 202
    await usage_of(caller, LEAST)
    environment = {**os.environ, **stage.gateway.environment, "ROUTERGATE_REDIS_URL": stage.store_url}

    def ran(*arguments: str) -> str:
        command = [sys.executable, "-m", "routergate.cli", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    ran("ledger", "run", "--once", "--dir", str(tmp_path / "ledger"))
    written = b"".join(path.read_bytes() for path in (tmp_path / "ledger").rglob("*.parquet"))
    assert secret.encode() not in written
    out = tmp_path / "router.npz"
    config = str(stage.gateway.config)
    told = ran(
        *("router", "train", "--from-ledger", "--ledger", str(tmp_path / "ledger")),
        *("--out", str(out), "--config", config),
    )
    assert "rated answers" in told
    assert sum(load(out).provenance["rated"].values()) >= LEAST
