"""Streams that break after they began, on routes that go on: what caller, providers and ledger see."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from routergate.store.client import Store
from support.gateway import KEY
from support.simulation import events, text_of
from support.stage import Reply
from support.wall import RATES, Wall, a_wall

CUT, LARGE = "small: cut", "large: ok"
BREAKS = [
    "cut:5",
    "stall:5",
    "stall:5!muttering",
    "garbage",
    "cut:5!split:9",
    "cut:5!crlf",
    "cut:60!comments",
]
TOOLS: Any = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
IMPATIENT = {"idle": 0.3}


async def own_text(wall: Wall, **more: Any) -> str:
    """What the primary says if nothing goes wrong."""
    fault, wall.primary.fault = wall.primary.fault, None
    reply = await wall.ask("alone", stream=False, **more)
    wall.primary.fault = fault
    return str(reply.json["choices"][0]["message"]["content"])


def check_coherent(reply: Reply) -> str:
    """One stream with one end; its text."""
    told = events(reply.body)
    assert len({event["id"] for event in told}) == len({event["created"] for event in told}) == 1
    deltas = [choice for event in told for choice in event["choices"]]
    assert [choice["delta"].get("role") for choice in deltas].count("assistant") == 1
    assert [choice["finish_reason"] for choice in deltas if choice["finish_reason"]] == ["stop"]
    assert reply.body.count(b"[DONE]") == 1
    assert reply.body.rstrip().endswith(b"data: [DONE]")
    return text_of(told)


def check_broken(wall: Wall, reply: Reply, results: list[str]) -> str:
    """A beginning and an error; its text."""
    *told, last = events(reply.body)
    assert (wall.results, last["error"]["code"]) == (results, "upstream_cut")
    assert (b"[DONE]" in reply.body, wall.row.outcome) == (False, "failed")
    return text_of(told)


def check_paid(wall: Wall) -> None:
    """Every answer that has begun is paid: the last one by its own count, the others by ours."""
    row = wall.row
    last = (wall.primary if row.model == "small" else wall.spare).calls[-1]
    before = [call for call in row.attempts if call.cost_nanos is not None]
    rate_in, rate_out = RATES["small" if row.model == "small" else "large"]
    own = last.prompt_tokens * rate_in + last.output_tokens * rate_out
    assert (row.input_uncached, row.output) == (last.prompt_tokens, last.output_tokens)
    assert row.cost_nanos == own + sum(call.cost_nanos or 0 for call in before)
    assert all(call.billed and call.output_tokens for call in before)


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_model_that_says_the_same_goes_on_where_the_first_broke(
    tmp_path: Path, store: Store, fault: str
) -> None:
    async with a_wall(tmp_path, store, timeouts=IMPATIENT) as wall:
        wall.primary.fault = fault
        reply = await wall.ask("steady", stream=True)
        assert check_coherent(reply) == await own_text(wall)
        row = wall.ledger.events[0]
        assert (row.outcome, reply.headers["x-routergate-model"]) == ("ok", "small")
        assert [(call.model, call.result) for call in row.attempts] == [("small", "cut"), ("large", "ok")]


@pytest.mark.parametrize("fault", ["cut:5", "stall:5", "garbage"])
@pytest.mark.parametrize("model", ["marked", "vllm"])
async def test_a_model_that_takes_a_beginning_is_given_it(
    tmp_path: Path, store: Store, model: str, fault: str
) -> None:
    async with a_wall(tmp_path, store, timeouts=IMPATIENT) as wall:
        wall.primary.fault = fault
        whole = await own_text(wall)
        reply = await wall.ask(f"steady-{model}", stream=True)
        assert check_coherent(reply) == whole
        assert wall.results == [CUT, f"{model}: ok"]
        check_paid(wall)
        body = wall.spare.calls[-1].body
        beginning = body["messages"][-1]
        assert (beginning["role"], whole.startswith(beginning["content"])) == ("assistant", True)
        assert (beginning.get("prefix"), body.get("continue_final_message")) == (
            (True, None) if model == "marked" else (None, True)
        )
        assert wall.spare.calls[-1].output_tokens < wall.spare.calls[-1].prompt_tokens + len(whole)


async def test_a_model_that_speaks_anthropics_format_goes_on_too(wall: Wall) -> None:
    wall.primary.fault = "cut:5"
    reply = await wall.ask("steady-claude", stream=True, max_tokens=400)
    body = wall.spare.calls[-1].body
    beginning = body["messages"][-1]
    assert (beginning["role"], body["max_tokens"]) == ("assistant", 396)
    assert check_coherent(reply).startswith(beginning["content"][0]["text"])
    assert wall.results == [CUT, "claude: ok"]
    check_paid(wall)


async def test_a_model_that_does_not_take_a_beginning_after_all_is_asked_again_without(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "noprefill"
    reply = await wall.ask("steady-marked", stream=True)
    assert wall.results == [CUT, "marked: prefill", "marked: ok"]
    assert [call.billed for call in wall.row.attempts] == [True, False, True]
    check_paid(wall)
    assert len(wall.spare.calls[-1].body["messages"]) == 1
    assert check_coherent(reply) == await own_text(wall)


async def test_another_answer_is_no_continuation(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "differs:2"
    reply = await wall.ask("steady", stream=True)
    told = check_broken(wall, reply, [CUT, "large: diverged"])
    assert (await own_text(wall)).startswith(told)
    row = wall.ledger.events[0]
    assert (row.card and row.card.id, row.attempts[1].billed) == ("small", True)
    assert row.cost is not None
    assert row.attempts[1].cost is not None
    assert row.cost > row.attempts[1].cost > 0


async def test_an_answer_that_differs_only_later_is_a_continuation(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "differs:9"
    told = check_coherent(await wall.ask("steady", stream=True))
    check_paid(wall)
    assert told.endswith(" Another answer.")
    assert (await own_text(wall)).startswith(told.removesuffix(" Another answer."))


async def test_an_answer_that_breaks_twice_goes_on_as_far_as_it_can(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "cut:9"
    reply = await wall.ask("steady", stream=True)
    told = check_broken(wall, reply, [CUT, "large: cut", "large: cut"])
    assert wall.row.model == "large"
    assert wall.row.cost_nanos is not None
    assert (await own_text(wall)).startswith(told)
    assert len(told.split()) > 5


async def test_who_has_given_nothing_of_an_answer_has_not_given_it(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:9", "cut:9"
    check_broken(wall, await wall.ask("steady", stream=True), [CUT, "large: cut", "large: cut"])
    assert wall.row.model == "small"
    assert [call.cost_nanos is None for call in wall.row.attempts] == [True, False, False]


async def test_where_nobody_goes_on_the_stream_ends_in_its_error(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "503"
    check_broken(wall, await wall.ask("steady", stream=True), [CUT, "large: broken", "large: broken"])
    assert (wall.row.model, wall.row.usage_source, wall.row.cost_nanos) == ("small", "counted", 16_000)


@pytest.mark.parametrize(
    ("route", "more"),
    [
        ("steady", {"n": 2}),
        ("steady", {"response_format": {"type": "json_object"}}),
        ("steady", {"tools": TOOLS, "tool_choice": "required"}),
        ("auto", {}),
    ],
    ids=["several answers", "JSON", "a call of a tool", "on a route that does not go on"],
)
async def test_what_cannot_be_joined_ends_in_its_error(wall: Wall, route: str, more: dict[str, Any]) -> None:
    wall.primary.fault = "cut:4"
    reply = await wall.ask(route, stream=True, **more)
    assert (b"upstream_cut" in reply.body, b"[DONE]" in reply.body) == (True, False)
    assert (wall.results, wall.spare.calls) == ([CUT], [])


async def test_usage_is_that_of_all_calls(wall: Wall) -> None:
    wall.primary.fault = "cut:5"
    reply = await wall.ask("steady", stream=True, stream_options={"include_usage": True})
    usage = events(reply.body)[-1]["usage"]
    [broken, _], row = wall.row.attempts, wall.row
    assert usage["prompt_tokens"] == (broken.input_tokens or 0) + (row.input_uncached or 0)
    assert usage["completion_tokens"] == (broken.output_tokens or 0) + (row.output or 0)
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert round(usage["cost"] * 1e9) == row.cost_nanos


async def test_usage_that_was_not_asked_for_stays_hidden(wall: Wall) -> None:
    wall.primary.fault = "cut:5"
    reply = await wall.ask("steady", stream=True)
    assert all(event.get("usage") is None for event in events(reply.body))
    assert wall.row.usage_source == "provider"


async def test_a_caller_who_leaves_while_somebody_else_is_asked_has_left(wall: Wall) -> None:
    wall.primary.fault, wall.spare.fault = "cut:5", "silent"
    body = {"model": "steady", "stream": True, "messages": [{"role": "user", "content": "Hello?"}]}
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        answer = await session.post(f"{wall.caller.url}/v1/chat/completions", json=body)
        await wall.spare.until(lambda calls: len(calls) == 1)
        answer.close()
    async with asyncio.timeout(10):
        while not wall.ledger.events:
            await asyncio.sleep(0.001)
    assert wall.results == [CUT, "large: abandoned"]
    assert (wall.row.outcome, wall.row.model, wall.row.cost_nanos) == ("abandoned", "small", 16_000)
