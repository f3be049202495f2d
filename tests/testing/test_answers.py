import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from routergate.testing import Profile, Simulator
from support.simulation import HELLO, an_openai_client, ask, ask_bytes, conforms, events, text_of

WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string"},
                "days": {"type": "integer", "minimum": 1, "maximum": 7},
            },
            "required": ["city", "days"],
        },
    },
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture
async def client(sim: Simulator) -> AsyncIterator[AsyncOpenAI]:
    async with an_openai_client(sim) as client:
        yield client


async def test_an_answer_says_that_it_is_simulated(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(model="sim-mini", messages=HELLO)
    assert "simulated" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"


async def test_the_official_client_reads_the_stream_to_its_end(client: AsyncOpenAI) -> None:
    stream = await client.chat.completions.create(
        model="sim-mini",
        messages=HELLO,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = [chunk async for chunk in stream]
    assert chunks[0].choices[0].delta.role == "assistant"
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage is not None
    assert (
        chunks[-1].usage.total_tokens == chunks[-1].usage.prompt_tokens + chunks[-1].usage.completion_tokens
    )


async def test_streamed_and_plain_answers_are_the_same(sim: Simulator) -> None:
    _, plain = await ask(sim)
    chunks = events(await ask_bytes(sim, stream=True))
    assert text_of(chunks) == plain["choices"][0]["message"]["content"]
    assert {chunk["id"] for chunk in chunks} == {plain["id"]}


async def test_a_stream_has_usage_only_when_it_was_asked_for(sim: Simulator) -> None:
    silent = events(await ask_bytes(sim, stream=True))
    telling = events(await ask_bytes(sim, stream=True, stream_options={"include_usage": True}))
    assert not any("usage" in chunk for chunk in silent)
    assert [bool(chunk["usage"]) for chunk in telling[-2:]] == [False, True]


async def test_a_stream_ends_with_done(sim: Simulator) -> None:
    assert (await ask_bytes(sim, stream=True)).endswith(b"\n\ndata: [DONE]\n\n")


async def test_the_same_request_gets_the_same_bytes(sim: Simulator) -> None:
    async with Simulator(sim.profile) as other:
        assert await ask_bytes(sim, seed=1) == await ask_bytes(other, seed=1)
        assert await ask_bytes(sim, seed=1) != await ask_bytes(sim, seed=2)


async def test_answers_are_not_all_in_ascii(sim: Simulator) -> None:
    assert not (await ask(sim))[1]["choices"][0]["message"]["content"].isascii()


@pytest.mark.parametrize("limit", ["max_tokens", "max_completion_tokens"])
async def test_a_limit_cuts_the_answer(sim: Simulator, limit: str) -> None:
    _, body = await ask(sim, **{limit: 4})
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 4


async def test_a_tool_that_is_mentioned_is_called(client: AsyncOpenAI) -> None:
    answer = await client.chat.completions.create(
        model="sim-mini",
        messages=[{"role": "user", "content": "Use get_weather for Oslo."}],
        tools=[WEATHER],
    )
    [call] = answer.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert conforms(json.loads(call.function.arguments), WEATHER["function"]["parameters"])
    assert (call.function.name, answer.choices[0].finish_reason) == ("get_weather", "tool_calls")


@pytest.mark.parametrize(
    ("choice", "finish"),
    [
        ("required", "tool_calls"),
        ({"type": "function", "function": {"name": "get_weather"}}, "tool_calls"),
        ("auto", "stop"),
        ("none", "stop"),
    ],
)
async def test_the_tool_choice_decides(sim: Simulator, choice: Any, finish: str) -> None:
    _, body = await ask(sim, tools=[WEATHER], tool_choice=choice)
    assert body["choices"][0]["finish_reason"] == finish


async def test_a_tools_result_is_answered_in_words(sim: Simulator) -> None:
    result = {"role": "tool", "tool_call_id": "call_1", "content": "get_weather: sunny"}
    _, body = await ask(sim, messages=[*HELLO, result], tools=[WEATHER])
    assert body["choices"][0]["finish_reason"] == "stop"


async def test_tool_calls_are_streamed_as_deltas(sim: Simulator) -> None:
    asked = {"tools": [WEATHER], "tool_choice": "required"}
    [called] = (await ask(sim, **asked))[1]["choices"][0]["message"]["tool_calls"]
    chunks = events(await ask_bytes(sim, stream=True, **asked))
    deltas = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", ())]
    assert (deltas[0]["id"], deltas[0]["function"]["name"]) == (called["id"], "get_weather")
    assert "".join(delta["function"]["arguments"] for delta in deltas) == called["function"]["arguments"]


async def test_json_mode_gives_an_object(sim: Simulator) -> None:
    _, body = await ask(sim, response_format={"type": "json_object"})
    assert json.loads(body["choices"][0]["message"]["content"])["simulated"] is True


async def test_a_schema_is_kept_to(sim: Simulator) -> None:
    form = {"type": "json_schema", "json_schema": {"name": "person", "strict": True, "schema": PERSON}}
    _, body = await ask(sim, response_format=form)
    assert conforms(json.loads(body["choices"][0]["message"]["content"]), PERSON)


async def test_several_choices_differ_and_are_all_billed(sim: Simulator) -> None:
    _, body = await ask(sim, n=3)
    assert len({choice["message"]["content"] for choice in body["choices"]}) == 3
    chunks = events(await ask_bytes(sim, n=3, stream=True))
    assert [text_of(chunks, place) for place in range(3)] == [
        choice["message"]["content"] for choice in body["choices"]
    ]
    assert {call.output_tokens for call in sim.calls} == {body["usage"]["completion_tokens"]}


async def test_an_image_is_taken_and_counted(sim: Simulator) -> None:
    text = {"type": "text", "text": "Hello?"}
    image = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}}
    _, with_image = await ask(sim, messages=[{"role": "user", "content": [text, image]}])
    _, without = await ask(sim)
    assert with_image["usage"]["prompt_tokens"] - without["usage"]["prompt_tokens"] == 85


async def test_unknown_fields_are_named_in_the_answer(sim: Simulator) -> None:
    _, body = await ask(sim, zebra=1, apple={"a": 1}, temperature=0)
    assert body["x_simulated"]["unknown"] == ["apple", "zebra"]
    chunks = events(await ask_bytes(sim, stream=True))
    assert all(chunk["x_simulated"]["unknown"] == [] for chunk in chunks)


@pytest.mark.parametrize(
    "more", [{"model": "sim-reason"}, {"reasoning_effort": "low"}], ids=["by name", "by effort"]
)
async def test_reasoning_is_billed_within_the_completion(sim: Simulator, more: dict[str, str]) -> None:
    _, body = await ask(sim, **more)
    reasoning = body["usage"]["completion_tokens_details"]["reasoning_tokens"]
    assert 0 < reasoning < body["usage"]["completion_tokens"]


async def test_reasoning_is_spent_first(sim: Simulator) -> None:
    _, body = await ask(sim, model="sim-reason", max_completion_tokens=5)
    assert body["choices"][0]["message"]["content"] == ""
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 5


async def test_a_model_can_be_told_not_to_reason(sim: Simulator) -> None:
    _, body = await ask(sim, model="sim-reason", reasoning_effort="none")
    assert body["usage"]["completion_tokens_details"]["reasoning_tokens"] == 0


async def test_a_share_of_the_prompt_comes_from_the_cache() -> None:
    async with Simulator(Profile(cached_share=0.5)) as sim:
        usage = (await ask(sim))[1]["usage"]
    assert usage["prompt_tokens_details"]["cached_tokens"] == usage["prompt_tokens"] // 2


async def test_a_provider_may_report_no_usage() -> None:
    async with Simulator(Profile(reports_usage=False)) as sim:
        assert "usage" not in (await ask(sim))[1]


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"messages": None}, "messages"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "wizard", "content": ""}]}, "messages[0].role"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content"),
        ({"model": ""}, "model"),
        ({"model": "sim-mini!bogus"}, "model"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"temperature": 3}, "temperature"),
        ({"n": True}, "n"),
        ({"stream_options": {"include_usage": True}}, "stream_options"),
        ({"response_format": "json"}, "response_format"),
        ({"tools": {}}, "tools"),
        ({"tools": [{"type": "function"}]}, "tools[0].function.name"),
    ],
)
async def test_a_malformed_request_is_refused(sim: Simulator, more: dict[str, Any], param: str) -> None:
    status, body = await ask(sim, **more)
    assert (status, body["error"]["type"], body["error"]["param"]) == (400, "invalid_request_error", param)


async def test_an_unknown_model_is_not_found(client: AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        await client.chat.completions.create(model="gpt-99", messages=HELLO)
    assert caught.value.code == "model_not_found"


async def test_a_prompt_without_room_is_refused() -> None:
    async with Simulator(Profile(context_tokens=20)) as sim:
        status, body = await ask(sim, max_tokens=30)
    assert (status, body["error"]["code"]) == (400, "context_length_exceeded")


async def test_only_accepted_keys_are_let_in() -> None:
    async with Simulator(Profile(api_keys=frozenset({"right"}))) as sim:
        async with an_openai_client(sim, "right") as client:
            assert [model.id async for model in client.models.list()] == ["sim-mini"]
        async with an_openai_client(sim, "wrong") as client:
            with pytest.raises(openai.AuthenticationError) as caught:
                await client.chat.completions.create(model="sim-mini", messages=HELLO)
        status, _ = await ask(sim)
    assert (status, caught.value.code) == (401, "invalid_api_key")
