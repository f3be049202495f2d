"""OpenAI's client, answered by a provider that speaks Anthropic's format."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from support.gateway import KEY
from support.simulation import conforms
from support.stage import Stage

HELLO: list[Any] = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
WEATHER: Any = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS}}


@pytest.fixture
def client(stage: Stage) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stage.gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="claude", messages=HELLO)
    assert "simulated" in (answer.choices[0].message.content or "")
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.to_dict()["cost"]


def test_stream(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model="claude", messages=HELLO)
    options: Any = {"stream_options": {"include_usage": True}}
    chunks = list(client.chat.completions.create(model="claude", messages=HELLO, stream=True, **options))
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == plain.choices[0].message.content
    assert chunks[-1].usage is not None
    assert plain.usage is not None
    assert chunks[-1].usage.total_tokens == plain.usage.total_tokens


def test_usage_that_was_not_asked_for_is_hidden(client: openai.OpenAI) -> None:
    chunks = list(client.chat.completions.create(model="claude", messages=HELLO, stream=True))
    assert all(chunk.usage is None for chunk in chunks)
    assert chunks[-1].choices[0].finish_reason == "stop"


@pytest.mark.parametrize("stream", [False, True])
def test_tools(client: openai.OpenAI, *, stream: bool) -> None:
    asked: list[Any] = [{"role": "user", "content": "Use weather, please."}]
    with client.chat.completions.stream(model="claude", messages=asked, tools=[WEATHER]) as running:
        streamed = running.get_final_completion()
    plain = client.chat.completions.create(model="claude", messages=asked, tools=[WEATHER])
    message = (streamed if stream else plain).choices[0].message
    [call] = message.tool_calls or []
    assert call.type == "function"
    assert conforms(json.loads(call.function.arguments), PARAMETERS)
    told = [*asked, message.to_dict(), {"role": "tool", "tool_call_id": call.id, "content": "clear"}]
    second = client.chat.completions.create(model="claude", messages=told, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"


def test_a_refusal_is_the_clients_own_error(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="find fault"):
        client.chat.completions.create(model="claude-400", messages=HELLO)
    with pytest.raises(openai.BadRequestError, match="'n' must be 1"):
        client.chat.completions.create(model="claude", messages=HELLO, n=2)


def test_a_stream_that_breaks_is_an_error_and_no_short_answer(client: openai.OpenAI) -> None:
    with pytest.raises(openai.APIError, match="broke"):
        list(client.chat.completions.create(model="claude-cut", messages=HELLO, stream=True))
