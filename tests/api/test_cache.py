"""Answers that are kept, from the caller's side."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import pytest

from support.simulation import events
from support.stage import BOOKED_KEY, CACHE_KEY, Caller, Reply, Stage, a_caller, usage_of

ASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "chat": ("/v1/chat/completions", {"model": "kept"}),
    "chat of Anthropic's model": ("/v1/chat/completions", {"model": "kept-claude"}),
    "completions": ("/v1/completions", {"model": "kept"}),
    "responses": ("/v1/responses", {"model": "kept", "store": False}),
    "messages": ("/v1/messages", {"model": "kept-claude", "max_tokens": 50}),
    "messages of OpenAI's model": ("/v1/messages", {"model": "kept", "max_tokens": 50}),
}


@pytest.fixture
async def initech(stage: Stage) -> AsyncIterator[Caller]:
    async with a_caller(stage.gateway.url, CACHE_KEY) as someone:
        yield someone


async def ask(caller: Caller, kind: str, text: str, **more: Any) -> Reply:
    path, body = ASKS[kind]
    said = {"prompt": text, "input": text, "messages": [{"role": "user", "content": text}]}
    key = {"/v1/completions": "prompt", "/v1/responses": "input"}.get(path, "messages")
    headers = more.pop("headers", None)
    return await caller.ask("POST", path, json={**body, key: said[key], **more}, headers=headers)


def outcome(reply: Reply) -> str:
    return reply.headers["x-routergate-cache"]


@pytest.mark.parametrize("kind", ASKS)
@pytest.mark.parametrize("stream", [False, True])
async def test_the_same_request_gets_the_same_answer_without_a_call(
    stage: Stage, initech: Caller, kind: str, stream: bool
) -> None:
    text = f"kept? {kind} {stream}"
    first, again = [await ask(initech, kind, text, stream=stream) for _ in range(2)]
    assert (first.status, outcome(first), outcome(again)) == (200, "miss", "hit")
    assert len(stage.calls_with(text)) == 1
    assert (first.headers["x-routergate-attempts"], again.headers["x-routergate-attempts"]) == ("1", "0")
    assert first.headers["x-routergate-model"] == again.headers["x-routergate-model"]
    assert without_cost(first, stream=stream) == without_cost(again, stream=stream)


def without_cost(reply: Reply, *, stream: bool) -> list[Any]:
    found = events(reply.body) if stream else [reply.json]
    for event in found:
        for holder in (event, event.get("response") or {}):
            (holder.get("usage") or {}).pop("cost", None)
            (holder.get("usage") or {}).pop("cost_details", None)
    return found


async def test_a_kept_answer_has_its_usage_and_costs_nothing(initech: Caller) -> None:
    first, again = [await ask(initech, "chat", "what does it cost?") for _ in range(2)]
    paid, free = first.json["usage"], again.json["usage"]
    assert again.headers["x-routergate-cost-usd"] == "0.0"
    assert again.headers["x-routergate-baseline-cost-usd"] == first.headers["x-routergate-baseline-cost-usd"]
    assert (free["cost"], free["cost_details"]["upstream_inference_cost"]) == (0, 0)
    assert free["total_tokens"] == paid["total_tokens"] > 0


async def test_a_streams_usage_is_shown_with_no_cost_where_it_was_asked_for(initech: Caller) -> None:
    options = {"stream": True, "stream_options": {"include_usage": True}}
    _, again = [await ask(initech, "chat", "a stream with usage", **options) for _ in range(2)]
    assert events(again.body)[-1]["usage"]["cost"] == 0
    assert again.body.endswith(b"data: [DONE]\n\n")


async def test_vectors_are_kept_too(stage: Stage, initech: Caller) -> None:
    body = {"model": "kept-vectors", "input": "a text to embed once"}
    replies = [await initech.ask("POST", "/v1/embeddings", json=body) for _ in range(2)]
    assert [outcome(reply) for reply in replies] == ["miss", "hit"]
    assert replies[0].json["data"] == replies[1].json["data"]


@pytest.mark.parametrize(
    ("headers", "outcomes"),
    [
        ({"x-routergate-cache": "refresh"}, ["miss", "refresh", "hit"]),
        ({"Cache-Control": "no-cache"}, ["miss", "refresh", "hit"]),
        ({"x-routergate-cache": "no-store"}, ["miss", "bypass", "hit"]),
        ({"Cache-Control": "max-age=0, No-Store"}, ["miss", "bypass", "hit"]),
        ({"x-routergate-cache": "refresh", "Cache-Control": "no-store"}, ["miss", "refresh", "hit"]),
    ],
)
async def test_a_caller_can_have_a_new_answer(
    stage: Stage, initech: Caller, headers: dict[str, str], outcomes: list[str]
) -> None:
    text = f"something new: {headers}"
    replies = [await ask(initech, "chat", text, headers=asked) for asked in ({}, headers, {})]
    assert [outcome(reply) for reply in replies] == outcomes
    assert len(stage.calls_with(text)) == 2


async def test_a_wish_that_is_none_is_refused(initech: Caller) -> None:
    reply = await ask(initech, "chat", "a wish", headers={"x-routergate-cache": "yes"})
    assert (reply.status, reply.error["param"]) == (400, "x-routergate-cache")


async def test_a_response_that_its_provider_keeps_is_not_kept_here(initech: Caller) -> None:
    replies = [await ask(initech, "responses", "kept there", store=True) for _ in range(2)]
    assert [outcome(reply) for reply in replies] == ["bypass", "bypass"]


async def test_an_answer_that_is_cut_is_not_kept(initech: Caller) -> None:
    replies = [await initech.chat("kept-cut", "cut in the middle", stream=True) for _ in range(2)]
    assert [outcome(reply) for reply in replies] == ["miss", "miss"]


async def test_other_organisations_get_nothing_of_it(initech: Caller, caller: Caller) -> None:
    await ask(initech, "chat", "ours alone")
    assert outcome(await ask(caller, "chat", "ours alone")) == "miss"


async def test_a_route_without_a_cache_says_nothing_of_it(caller: Caller) -> None:
    assert "x-routergate-cache" not in (await caller.chat()).headers


async def test_what_was_kept_is_booked_at_no_cost_with_its_savings(stage: Stage) -> None:
    async with a_caller(stage.gateway.url, BOOKED_KEY) as booked:
        first, again = [await ask(booked, "chat", "booked") for _ in range(2)]
        [row] = await usage_of(booked, 2, by="route")
        metrics = (await booked.get("/metrics")).body.decode()
    assert outcome(again) == "hit"
    assert Decimal(row["cost_usd"]) == Decimal(first.headers["x-routergate-cost-usd"])
    assert Decimal(row["baseline_usd"]) == 2 * Decimal(first.headers["x-routergate-baseline-cost-usd"])
    assert 'routergate_cache_total{result="hit",route="kept"}' in metrics
