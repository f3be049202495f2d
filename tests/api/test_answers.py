"""What comes back when all goes well, or when providers do not."""

import json
from decimal import Decimal
from typing import Any

import pytest

from routergate.testing import Ended
from support.simulation import conforms, events, text_of
from support.stage import Caller, Reply, Stage, a_caller

OF_EVERY_ANSWER = {
    "x-request-id",
    "x-routergate-model",
    "x-routergate-class",
    "x-routergate-decision-id",
    "x-routergate-attempts",
    "x-routergate-quality",
    "x-routergate-complexity",
    "x-routergate-overhead-ms",
    "Server",
}
COSTS = {"x-routergate-cost-usd", "x-routergate-baseline-cost-usd"}


async def test_headers_say_who_answered_and_what_it_cost(caller: Caller) -> None:
    reply = await caller.chat()
    headers, usage = reply.headers, reply.json["usage"]
    assert headers.keys() >= OF_EVERY_ANSWER | COSTS
    assert (headers["x-routergate-model"], headers["x-routergate-class"]) == ("small", "economy")
    assert headers["x-routergate-attempts"] == "1"
    assert headers["x-request-id"] == headers["x-routergate-decision-id"]
    assert headers["Server"] == "routergate"
    assert 0 <= float(headers["x-routergate-complexity"]) <= 1
    assert 0.9 <= float(headers["x-routergate-quality"]) <= 1
    tokens = usage["prompt_tokens"], usage["completion_tokens"]
    assert Decimal(headers["x-routergate-cost-usd"]) == dollars(tokens, "0.15", "0.60")
    assert Decimal(headers["x-routergate-baseline-cost-usd"]) == dollars(tokens, "2.50", "10.00")


def dollars(tokens: tuple[int, int], rate_in: str, rate_out: str) -> Decimal:
    return (tokens[0] * Decimal(rate_in) + tokens[1] * Decimal(rate_out)) / 1_000_000


async def test_a_route_that_holds_requests_out_says_in_which_arm_a_conversation_is(caller: Caller) -> None:
    async def arm(session: str) -> tuple[str, str]:
        reply = await caller.chat("held", headers={"x-routergate-session": session})
        return reply.headers["x-routergate-arm"], reply.headers["x-routergate-model"]

    found = {f"talk-{n}": await arm(f"talk-{n}") for n in range(8)}
    assert set(found.values()) == {("baseline", "large"), ("routed", "small")}
    assert {session: await arm(session) for session in found} == found
    assert "x-routergate-arm" not in (await caller.chat()).headers


async def test_the_body_has_the_cost_of_the_headers(caller: Caller) -> None:
    reply = await caller.chat()
    usage = json.loads(reply.body, parse_float=Decimal)["usage"]
    assert usage["cost"] == Decimal(reply.headers["x-routergate-cost-usd"])
    assert usage["cost_details"] == {
        "upstream_inference_cost": usage["cost"],
        "baseline_cost": Decimal(reply.headers["x-routergate-baseline-cost-usd"]),
    }


async def test_what_nobody_has_heard_of_goes_both_ways(stage: Stage, caller: Caller) -> None:
    zebra = {"stripes": [1.0, 1e-7, 12345678901234567890, "\u2028"], "null": None}
    reply = await caller.chat(text="unheard of", zebra=zebra)
    [call] = stage.calls_with("unheard of")
    assert call.body["zebra"] == zebra
    assert call.model == "sim-mini"
    assert reply.json["x_simulated"]["unknown"] == ["zebra"]


async def test_a_provider_never_sees_the_callers_key(stage: Stage, caller: Caller) -> None:
    await caller.chat(text="who am I?", headers={"x-routergate-feature": "f", "Cookie": "c=1"})
    [call] = stage.calls_with("who am I?")
    assert call.authorization is None
    assert not {"cookie", "x-routergate-feature"} & call.headers.keys()


async def test_a_stream_hides_the_usage_that_nobody_asked_for(stage: Stage, caller: Caller) -> None:
    reply = await caller.chat(text="no usage please", stream=True)
    chunks = events(reply.body)
    assert reply.headers.keys() >= OF_EVERY_ANSWER
    assert reply.headers["Server"] == "routergate"
    assert not reply.headers.keys() & COSTS
    assert reply.headers["Content-Type"].startswith("text/event-stream")
    assert all(chunk["choices"] and not chunk.get("usage") for chunk in chunks)
    assert reply.body.endswith(b"data: [DONE]\n\n")
    [call] = stage.calls_with("no usage please")
    assert call.body["stream_options"] == {"include_usage": True}


async def test_a_stream_that_asks_for_usage_gets_its_cost(caller: Caller) -> None:
    plain = await caller.chat(text="with usage")
    reply = await caller.chat(text="with usage", stream=True, stream_options={"include_usage": True})
    *chunks, last = events(reply.body)
    assert (last["choices"], last["usage"]) == ([], plain.json["usage"])
    assert text_of(chunks) == plain.json["choices"][0]["message"]["content"]
    assert reply.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("fault", ["crlf", "comments", "split:3", "usage-inline", "nousage"])
@pytest.mark.parametrize("options", [None, {"include_usage": True}])
async def test_however_a_stream_is_written_it_arrives_whole(
    caller: Caller, fault: str, options: dict[str, bool] | None
) -> None:
    more: dict[str, Any] = {"stream": True, "stream_options": options}
    same = events((await caller.chat("small", "in pieces", **more)).body)
    reply = await caller.chat(fault, "in pieces", **more)
    assert text_of(events(reply.body)) == text_of(same)
    assert reply.body.rstrip().endswith(b"data: [DONE]")
    costs = [event["usage"]["cost"] for event in events(reply.body) if event.get("usage") and options]
    assert len(costs) == (options is not None and fault != "nousage")


async def test_another_model_answers_when_the_first_ones_provider_is_down(caller: Caller) -> None:
    reply = await caller.chat("second-best", stream=True)
    assert reply.status == 200
    assert reply.headers["x-routergate-attempts"] == "3"
    assert (reply.headers["x-routergate-model"], reply.headers["x-routergate-class"]) == ("large", "frontier")


async def test_a_providers_refusal_is_passed_on(caller: Caller) -> None:
    for stream in (False, True):
        reply = await caller.chat("400", stream=stream)
        assert (reply.status, reply.error["code"]) == (400, "invalid_value")
        assert reply.json.keys() == {"error", "x_simulated"}
        assert reply.headers["x-request-id"].startswith("req_")


async def test_nobody_left_to_answer_is_a_bad_gateway(caller: Caller) -> None:
    reply = await caller.chat("all-down")
    assert (reply.status, reply.error["type"], reply.error["code"]) == (
        502,
        "server_error",
        "upstream_exhausted",
    )
    assert reply.error["message"].startswith("No provider answered (")


async def test_a_stream_that_is_cut_says_so(caller: Caller) -> None:
    reply = await caller.chat("cut:5", stream=True)
    *_, last = events(reply.body)
    assert reply.status == 200
    assert last["error"]["code"] == "upstream_cut"
    assert b"[DONE]" not in reply.body


async def test_who_hangs_up_is_hung_up_for(stage: Stage) -> None:
    text = "never mind"
    async with a_caller(stage.gateway.url) as caller:
        body = {"model": "stall:5", "messages": [{"role": "user", "content": text}], "stream": True}
        async with caller.session.post(f"{caller.url}/v1/chat/completions", json=body) as response:
            await response.content.readuntil(b"\n\n")
            await stage.until(lambda _: any(call.events == 5 for call in stage.calls_with(text)))
            response.close()
    await stage.until(lambda _: any(call.ended for call in stage.calls_with(text)))
    [call] = stage.calls_with(text)
    assert call.hung_up
    assert call.ended is not Ended.ANSWERED


async def test_that_callers_leave_is_no_error_in_the_log(stage: Stage) -> None:
    long = "please go on " * 400
    for _ in range(20):
        async with a_caller(stage.gateway.url) as caller:
            body = {"model": "small", "messages": [{"role": "user", "content": long}], "stream": True}
            async with caller.session.post(f"{caller.url}/v1/chat/completions", json=body) as response:
                await response.content.readuntil(b"\n\n")
                response.close()
    await stage.until(lambda _: all(call.ended for call in stage.calls_with(long)))
    said = [line["message"] for line in stage.gateway.logged() if line["level"] == "error"]
    assert not [message for message in said if "connection failed" in message]


@pytest.mark.parametrize(
    ("headers", "model"),
    [
        ({}, "small"),
        ({"x-routergate-quality": "0"}, "small"),
        ({"x-routergate-quality": "1"}, "large"),
        ({"x-routergate-quality": "1", "x-routergate-max-cost-usd": "0.001"}, "small"),
        ({"x-routergate-max-cost-usd": "1"}, "small"),
    ],
)
async def test_a_caller_may_ask_for_more_or_for_less(
    caller: Caller, headers: dict[str, str], model: str
) -> None:
    reply = await caller.chat(headers=headers)
    assert (reply.status, reply.headers["x-routergate-model"]) == (200, model)


async def test_a_price_below_every_model_is_told_as_such(caller: Caller) -> None:
    reply = await caller.chat(headers={"x-routergate-max-cost-usd": "0"})
    assert (reply.status, reply.error["code"]) == (422, "no_eligible_model")
    assert "expected to cost more than allowed" in reply.error["message"]


async def test_routing_switched_off_takes_the_model_that_is_named(caller: Caller) -> None:
    off = {"x-routergate-route": "off"}
    assert (await caller.chat("large", headers=off)).headers["x-routergate-model"] == "large"
    assert (await caller.chat("auto", headers=off)).error["code"] == "model_not_found"


async def test_tools_and_schemas_reach_the_model(caller: Caller) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools = [{"type": "function", "function": {"name": "weather", "parameters": schema}}]
    called = message(await caller.chat(text="Ask weather", tools=tools))["tool_calls"][0]["function"]
    assert called["name"] == "weather"
    assert conforms(json.loads(called["arguments"]), schema)
    form = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    assert conforms(json.loads(message(await caller.chat(response_format=form))["content"]), schema)


def message(reply: Reply) -> Any:
    return reply.json["choices"][0]["message"]


@pytest.mark.parametrize("stream", [False, True])
async def test_a_bad_answer_is_not_given_but_paid(stage: Stage, caller: Caller, stream: bool) -> None:
    words = f"a question for two, {stream}"
    reply = await caller.chat(
        "checked", words, stream=stream, stream_options={"include_usage": True} if stream else None
    )
    assert (reply.headers["x-routergate-model"], reply.headers["x-routergate-attempts"]) == ("large", "2")
    assert len(stage.calls_with(words)) == 2
    told = [event for event in events(reply.body) if event.get("usage")][-1] if stream else reply.json
    usage = told["usage"]
    tokens = usage["prompt_tokens"], usage["completion_tokens"]
    alone = dollars(tokens, "2.50", "10.00")
    assert Decimal(str(usage["cost_details"]["baseline_cost"])) == alone
    assert Decimal(str(usage["cost"])) > alone
    assert b"content_filter" not in reply.body
