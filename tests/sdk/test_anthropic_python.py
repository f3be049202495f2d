"""Anthropic's official Python client: only its base URL and key know of the gateway."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import anthropic
import pytest

from support.gateway import KEY
from support.simulation import conforms
from support.stage import Stage

HELLO: list[Any] = [{"role": "user", "content": "Hello?"}]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
WEATHER: Any = {"name": "weather", "description": "The weather ahead.", "input_schema": SCHEMA}
PIXEL = "R0lGODlhAQABAAAAACwAAAAAAQABAAA="
EVERYWHERE = pytest.mark.parametrize("model", ["claude", "auto"], ids=["native", "translated"])
"""On a provider that speaks the format, and on one that speaks OpenAI's."""


@pytest.fixture
def client(stage: Stage) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=stage.gateway.url, api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def aclient(stage: Stage) -> AsyncIterator[anthropic.AsyncAnthropic]:
    async with anthropic.AsyncAnthropic(base_url=stage.gateway.url, auth_token=KEY, max_retries=0) as client:
        yield client


@EVERYWHERE
def test_a_message(client: anthropic.Anthropic, model: str) -> None:
    answer = client.messages.create(model=model, max_tokens=500, system="Be brief.", messages=HELLO)
    [block] = answer.content
    assert block.type == "text"
    assert "simulated" in block.text
    assert (answer.type, answer.role, answer.stop_reason) == ("message", "assistant", "end_turn")
    assert answer.usage.input_tokens > 0
    assert answer.usage.to_dict()["cost"]
    assert answer._request_id is not None
    assert answer._request_id.startswith("req_")


@EVERYWHERE
async def test_a_stream(aclient: anthropic.AsyncAnthropic, model: str) -> None:
    plain = await aclient.messages.create(model=model, max_tokens=500, messages=HELLO)
    async with aclient.messages.stream(model=model, max_tokens=500, messages=HELLO) as stream:
        kinds = [event.type async for event in stream]
        whole = await stream.get_final_message()
    assert kinds[0] == "message_start"
    assert kinds[-1] == "message_stop"
    assert whole.content[0].to_dict()["text"] == plain.content[0].to_dict()["text"]
    assert whole.usage.output_tokens == plain.usage.output_tokens
    assert whole.usage.input_tokens == plain.usage.input_tokens


@EVERYWHERE
def test_a_limit_ends_an_answer(client: anthropic.Anthropic, model: str) -> None:
    answer = client.messages.create(model=model, max_tokens=3, messages=HELLO)
    assert answer.stop_reason == "max_tokens"
    assert answer.usage.output_tokens == 3


@EVERYWHERE
def test_tools_there_and_back(client: anthropic.Anthropic, model: str) -> None:
    asked: list[Any] = [{"role": "user", "content": "Use weather, please."}]
    first = client.messages.create(model=model, max_tokens=500, messages=asked, tools=[WEATHER])
    assert first.stop_reason == "tool_use"
    [call] = first.content
    assert call.type == "tool_use"
    assert conforms(call.input, SCHEMA)
    result = {"type": "tool_result", "tool_use_id": call.id, "content": "clear"}
    told = [*asked, {"role": "assistant", "content": first.content}, {"role": "user", "content": [result]}]
    second = client.messages.create(model=model, max_tokens=500, messages=told, tools=[WEATHER])
    assert second.stop_reason == "end_turn"
    assert second.content[0].type == "text"


@EVERYWHERE
def test_tools_in_a_stream(client: anthropic.Anthropic, model: str) -> None:
    asked: list[Any] = [{"role": "user", "content": "Use weather, please."}]
    with client.messages.stream(model=model, max_tokens=500, messages=asked, tools=[WEATHER]) as stream:
        answer = stream.get_final_message()
    [call] = answer.content
    assert call.type == "tool_use"
    assert conforms(call.input, SCHEMA)


@EVERYWHERE
def test_an_image(stage: Stage, client: anthropic.Anthropic, model: str) -> None:
    text = f"What is in this pixel for {model}?"
    source = {"type": "base64", "media_type": "image/gif", "data": PIXEL}
    content: Any = [{"type": "image", "source": source}, {"type": "text", "text": text}]
    answer = client.messages.create(
        model=model, max_tokens=500, messages=[{"role": "user", "content": content}]
    )
    assert answer.content
    [call] = stage.calls_with(text)
    assert PIXEL in str(call.body)


def test_thoughts_in_a_stream(client: anthropic.Anthropic) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    with client.messages.stream(model="claude", max_tokens=2000, messages=HELLO, thinking=thinking) as stream:
        answer = stream.get_final_message()
    assert [block.type for block in answer.content] == ["thinking", "text"]
    assert answer.content[0].to_dict()["signature"]


def test_a_hidden_thought_is_counted(client: anthropic.Anthropic) -> None:
    thinking: Any = {"type": "enabled", "budget_tokens": 1024}
    answer = client.messages.create(model="auto", max_tokens=2000, messages=HELLO, thinking=thinking)
    assert answer.usage.output_tokens_details is not None
    assert answer.usage.output_tokens_details.thinking_tokens > 0


def test_an_answer_in_a_schema(client: anthropic.Anthropic) -> None:
    wanted: Any = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = client.messages.create(model="auto", max_tokens=500, messages=HELLO, output_config=wanted)
    assert str(answer.content[0].to_dict()["text"]).startswith("{")


@pytest.mark.parametrize("model", ["claude", "small"])
def test_tokens_are_counted_without_an_answer(stage: Stage, client: anthropic.Anthropic, model: str) -> None:
    text = f"count this for {model}"
    counted = client.messages.count_tokens(model=model, messages=[{"role": "user", "content": text}])
    assert 3 < counted.input_tokens < 50
    assert stage.calls_with(text) == []


ERRORS: list[tuple[dict[str, Any], type[anthropic.APIStatusError], str]] = [
    ({"model": "nobody"}, anthropic.NotFoundError, "not_found_error"),
    ({"messages": []}, anthropic.BadRequestError, "invalid_request_error"),
    ({"model": "claude-400"}, anthropic.BadRequestError, "invalid_request_error"),
    ({"model": "400"}, anthropic.BadRequestError, "invalid_request_error"),
    ({"model": "all-down"}, anthropic.InternalServerError, "api_error"),
    ({"system": "x" * 1_100_000}, anthropic.RequestTooLargeError, "request_too_large"),
]


@pytest.mark.parametrize(("changes", "kind", "word"), ERRORS)
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_clients_own(
    client: anthropic.Anthropic,
    changes: dict[str, Any],
    kind: type[anthropic.APIStatusError],
    word: str,
    *,
    stream: bool,
) -> None:
    asked: dict[str, Any] = {"model": "auto", "max_tokens": 50, "messages": HELLO, "stream": stream}
    with pytest.raises(kind) as caught:
        client.messages.create(**{**asked, **changes})
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["type"] == "error"
    assert caught.value.body["error"]["type"] == word
    assert caught.value.request_id is not None


def test_keys_are_checked(client: anthropic.Anthropic) -> None:
    with pytest.raises(anthropic.AuthenticationError) as caught:
        client.with_options(api_key="rg-wrong").messages.create(model="auto", max_tokens=5, messages=HELLO)
    assert isinstance(caught.value.body, dict)
    assert caught.value.body["error"]["type"] == "authentication_error"


@pytest.mark.parametrize("model", ["claude-cut", "cut:5"])
def test_a_stream_that_breaks_is_an_error_and_no_short_answer(
    client: anthropic.Anthropic, model: str
) -> None:
    kinds: list[str] = []
    stream = client.messages.create(model=model, max_tokens=500, messages=HELLO, stream=True)
    with pytest.raises(anthropic.APIStatusError, match="broke"):
        kinds.extend(event.type for event in stream)
    assert "message_stop" not in kinds


def test_what_only_the_native_format_has_arrives_untouched(stage: Stage, client: anthropic.Anthropic) -> None:
    text = "kept for an hour"
    marker = {"type": "ephemeral", "ttl": "1h"}
    asked: Any = [{"type": "text", "text": text, "cache_control": marker}]
    answer = client.messages.create(
        model="claude",
        max_tokens=500,
        messages=[{"role": "user", "content": asked}],
        extra_body={"brand_new": 1},
        extra_headers={"anthropic-beta": "some-beta-2026"},
    )
    assert answer.usage.cache_creation is not None
    assert answer.usage.cache_creation.ephemeral_1h_input_tokens > 0
    assert answer.to_dict()["x_simulated"] == {"profile": "sim", "unknown": ["brand_new"]}
    [call] = stage.calls_with(text)
    assert call.body["messages"][0]["content"] == asked
    assert call.headers["x-api-key"] == "sk-ant-of-the-stage"
    assert call.headers["anthropic-version"] == client.default_headers["anthropic-version"]
    assert call.headers["anthropic-beta"] == "some-beta-2026"
    assert "authorization" not in call.headers
