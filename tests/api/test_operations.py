"""What is asked besides answers: decisions, usage, keys, health."""

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from support.stage import ADDED_UP_KEY, ENDED_KEY, Caller, Reply, Stage, a_caller, usage_of


@pytest.mark.parametrize(
    ("body", "headers", "options"),
    [
        ({"model": "auto", "messages": [{"role": "user", "content": "Prove it."}]}, {}, []),
        (
            {
                "model": "auto",
                "messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "x" * 5000}],
                "tools": [{"type": "function", "function": {"name": "f"}}],
                "max_tokens": 50,
            },
            {"x-routergate-quality": "0.99"},
            ["--quality", "0.99"],
        ),
    ],
)
async def test_a_decision_is_the_same_over_http_and_from_the_command_line(
    stage: Stage,
    caller: Caller,
    tmp_path: Path,
    body: dict[str, Any],
    headers: dict[str, str],
    options: list[str],
) -> None:
    path = tmp_path / "body.json"
    path.write_text(json.dumps(body))
    explained = stage.gateway.command("explain", "--request", str(path), "--json", *options)
    reply = await caller.ask("POST", "/v1/route", json=body, headers=headers)
    assert comparable(reply.json) == comparable(json.loads(explained.stdout))
    assert reply.json["id"] == reply.headers["x-request-id"]


def comparable(decision: dict[str, Any]) -> Any:
    """A decision without its id, and without what a running gateway learns of answers' lengths."""
    learned = {"output_tokens", "cost_usd", "loaded_cost_usd"}
    candidates = [
        {name: value for name, value in candidate.items() if name not in learned}
        for candidate in decision["candidates"]
    ]
    return {**decision, "id": None, "candidates": candidates}


async def test_a_decision_asks_nobody(stage: Stage, caller: Caller) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": "only thinking"}]}
    assert (await caller.ask("POST", "/v1/route", json=body)).status == 200
    assert not stage.calls_with("only thinking")


async def test_usage_adds_up_exactly(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, ADDED_UP_KEY) as caller:
        replies = [await caller.chat("small", f"{n} " * n) for n in range(1, 6)]
        await caller.chat("small", "streamed", stream=True)
        replies.append(await caller.chat("small", "streamed"))
        [row] = await usage_of(caller, 7)
    usages = [json.loads(reply.body, parse_float=Decimal)["usage"] for reply in [*replies, replies[-1]]]
    assert (row["model"], row["requests"], row["failed"], row["abandoned"]) == ("small", 7, 0, 0)
    assert row["input_uncached"] == sum(usage["prompt_tokens"] for usage in usages)
    assert row["output"] == sum(usage["completion_tokens"] for usage in usages)
    assert Decimal(row["cost_usd"]) == sum(usage["cost"] for usage in usages)


async def test_usage_knows_how_each_request_ended(stage: Stage) -> None:
    text = "how did it end?"
    async with a_caller(stage.gateway.url, ENDED_KEY) as caller:
        await caller.chat("small", text, headers={"x-routergate-feature": "search"})
        await caller.chat("cut:5", text, stream=True)
        body = {"model": "stall:5", "messages": [{"role": "user", "content": text}], "stream": True}
        async with caller.session.post(f"{caller.url}/v1/chat/completions", json=body) as response:
            await response.content.readuntil(b"\n\n")
            response.close()
        rows = {row["model"]: row for row in await usage_of(caller, 3)}
        features = {row["feature"]: row["requests"] for row in await usage_of(caller, 3, by="feature")}
    assert (rows["small"]["failed"], rows["small"]["abandoned"]) == (0, 0)
    assert (rows["cut:5"]["failed"], rows["cut:5"]["abandoned"]) == (1, 0)
    assert (rows["stall:5"]["failed"], rows["stall:5"]["abandoned"]) == (0, 1)
    assert rows["stall:5"]["estimated"] == 1
    assert features == {"search": 1, None: 2}
    reported = stage.gateway.command("report", "usage", "--by", "team,model", "--json")
    expected = {"team": "endings", **rows["stall:5"]}
    assert any(expected.items() <= row.items() for row in json.loads(reported.stdout)["rows"])


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"since": "yesterday"}, "since"),
        ({"until": "2026-02-30"}, "until"),
        ({"since": "2026-02-02", "until": "2026-02-01"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"by": "zebra"}, "by"),
    ],
)
async def test_usage_of_no_possible_period_is_refused(
    caller: Caller, query: dict[str, str], param: str
) -> None:
    reply = await caller.get("/v1/usage", params=query)
    assert (reply.status, reply.error["param"]) == (400, param)


async def test_a_new_key_works_at_once_and_a_revoked_one_soon_no_more(stage: Stage) -> None:
    made = stage.gateway.command("keys", "create", "--organisation", "umbrella", "--allow", "auto", "--json")
    key = json.loads(made.stdout)
    async with a_caller(stage.gateway.url, key["key"]) as caller:
        assert (await caller.chat()).status == 200
        assert stage.gateway.command("keys", "revoke", key["id"]).returncode == 0
        refused = await refusal(caller)
    assert refused.error["code"] == "invalid_api_key"


async def refusal(caller: Caller) -> Reply:
    """The first answer that is not for those with a key."""
    while (reply := await caller.get("/v1/models")).status == 200:
        await asyncio.sleep(0.02)
    return reply


async def test_health_is_for_everyone(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, "rg-nobody") as caller:
        assert (await caller.get("/healthz")).json == {"status": "ok"}
        ready = await caller.get("/readyz")
        assert (ready.status, ready.json["status"], ready.json["store"]) == (200, "ok", "ok")
        metrics = await caller.get("/metrics")
        assert metrics.headers["Content-Type"].startswith("text/plain")
        assert b"routergate_config_last_reload_successful" in metrics.body
