"""The official Python client: only its base URL and key know of the gateway."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolParam
from pydantic import BaseModel

from routergate.testing import Ended
from support.gateway import KEY
from support.simulation import conforms
from support.stage import PINNED_KEY, Stage

HELLO: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Hello?"}]
PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
}
WEATHER: ChatCompletionToolParam = {
    "type": "function",
    "function": {"name": "weather", "description": "The weather ahead.", "parameters": PARAMETERS},
}
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAA="


@pytest.fixture
def client(stage: Stage) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stage.gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


@pytest.fixture
async def aclient(stage: Stage) -> AsyncIterator[openai.AsyncOpenAI]:
    async with openai.AsyncOpenAI(base_url=f"{stage.gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_chat(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="auto", messages=HELLO)
    assert "simulated" in (answer.choices[0].message.content or "")
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.usage.to_dict()["cost"]
    assert answer._request_id is not None
    assert answer._request_id.startswith("req_")


async def test_chat_asynchronously(aclient: openai.AsyncOpenAI) -> None:
    answer = await aclient.chat.completions.create(model="auto", messages=HELLO)
    assert answer.choices[0].finish_reason == "stop"
    assert answer._request_id is not None


def test_stream(client: openai.OpenAI) -> None:
    plain = client.chat.completions.create(model="auto", messages=HELLO)
    with client.chat.completions.create(model="auto", messages=HELLO, stream=True) as stream:
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks) == plain.choices[0].message.content
    assert all(chunk.usage is None for chunk in chunks)


async def test_stream_asynchronously_with_usage(aclient: openai.AsyncOpenAI) -> None:
    stream = await aclient.chat.completions.create(
        model="auto", messages=HELLO, stream=True, stream_options={"include_usage": True}
    )
    *_, last = [chunk async for chunk in stream]
    assert last.choices == []
    assert last.usage is not None
    assert last.usage.to_dict()["cost_details"]


async def test_stream_with_the_clients_own_accumulator(aclient: openai.AsyncOpenAI) -> None:
    async with aclient.chat.completions.stream(model="auto", messages=HELLO) as stream:
        kinds = {event.type async for event in stream}
        answer = await stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done"} <= kinds
    assert answer.choices[0].finish_reason == "stop"


def test_tools_there_and_back(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Use weather, please."}]
    first = client.chat.completions.create(model="auto", messages=asked, tools=[WEATHER])
    assert first.choices[0].finish_reason == "tool_calls"
    [call] = first.choices[0].message.tool_calls or []
    assert call.type == "function"
    assert conforms(json.loads(call.function.arguments), PARAMETERS)
    told: list[Any] = [
        *asked,
        first.choices[0].message,
        {"role": "tool", "tool_call_id": call.id, "content": '{"sky": "clear"}'},
    ]
    second = client.chat.completions.create(model="auto", messages=told, tools=[WEATHER])
    assert second.choices[0].finish_reason == "stop"
    assert second.choices[0].message.content


def test_tools_in_a_stream(client: openai.OpenAI) -> None:
    asked: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Use weather, please."}]
    stream = client.chat.completions.create(model="auto", messages=asked, tools=[WEATHER], stream=True)
    deltas = [call for chunk in stream for call in chunk.choices[0].delta.tool_calls or []]
    arguments = "".join(d.function.arguments or "" for d in deltas if d.function is not None)
    assert conforms(json.loads(arguments), PARAMETERS)


class Place(BaseModel):
    """What the model is to say."""

    city: str
    population: int
    districts: list[str]


def test_an_answer_in_a_schema(client: openai.OpenAI) -> None:
    answer = client.chat.completions.parse(model="auto", messages=HELLO, response_format=Place)
    assert isinstance(answer.choices[0].message.parsed, Place)


def test_an_image(stage: Stage, client: openai.OpenAI) -> None:
    content: Any = [
        {"type": "text", "text": "What is in this one pixel?"},
        {"type": "image_url", "image_url": {"url": PIXEL, "detail": "low"}},
    ]
    answer = client.chat.completions.create(model="auto", messages=[{"role": "user", "content": content}])
    assert answer.choices[0].message.content
    [call] = stage.calls_with("this one pixel")
    assert call.body["messages"][0]["content"] == content


def test_models(client: openai.OpenAI) -> None:
    assert {"auto", "small", "large"} <= {model.id for model in client.models.list()}
    assert client.models.retrieve("auto").owned_by == "routergate"


def test_headers(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model="auto", messages=HELLO, extra_headers={"x-routergate-quality": "1"}
    )
    assert raw.headers["x-routergate-model"] == "large"
    assert raw.headers["x-request-id"] == raw.request_id == raw.parse()._request_id
    with client.chat.completions.with_streaming_response.create(
        model="auto", messages=HELLO, stream=True
    ) as response:
        assert response.headers["x-routergate-model"] == "small"
        assert list(response.iter_lines())[-2] == "data: [DONE]"


ERRORS: list[tuple[dict[str, Any], type[openai.APIStatusError], str | None]] = [
    ({"model": "nobody"}, openai.NotFoundError, "model_not_found"),
    ({"messages": []}, openai.BadRequestError, None),
    ({"model": "400"}, openai.BadRequestError, "invalid_value"),
    ({"max_tokens": 10**9}, openai.BadRequestError, "context_length_exceeded"),
    (
        {"extra_headers": {"x-routergate-max-cost-usd": "0"}},
        openai.UnprocessableEntityError,
        "no_eligible_model",
    ),
    ({"model": "all-down"}, openai.InternalServerError, "upstream_exhausted"),
    ({"user": "x" * 1_100_000}, openai.APIStatusError, "request_too_large"),
]


@pytest.mark.parametrize(("changes", "kind", "code"), ERRORS, ids=[str(code) for *_, code in ERRORS])
@pytest.mark.parametrize("stream", [False, True])
def test_errors_are_the_clients_own(
    client: openai.OpenAI,
    changes: dict[str, Any],
    kind: type[openai.APIStatusError],
    code: str | None,
    *,
    stream: bool,
) -> None:
    with pytest.raises(kind) as caught:
        client.chat.completions.create(**{"model": "auto", "messages": HELLO, "stream": stream, **changes})
    assert caught.value.code == code
    assert caught.value.request_id is not None


def test_keys_are_checked(client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as wrong:
        client.with_options(api_key="rg-wrong").models.list()
    assert wrong.value.code == "invalid_api_key"
    with pytest.raises(openai.PermissionDeniedError) as elsewhere:
        client.with_options(api_key=PINNED_KEY).chat.completions.create(
            model="auto", messages=HELLO, metadata={"customer": "initech"}
        )
    assert elsewhere.value.param == "customer"


def test_a_stream_that_breaks_is_an_error_and_no_short_answer(client: openai.OpenAI) -> None:
    chunks: list[Any] = []
    stream = client.chat.completions.create(model="cut:5", messages=HELLO, stream=True)
    with pytest.raises(openai.APIError, match="broke") as caught:
        chunks.extend(stream)
    assert len(chunks) == 5
    assert caught.value.code == "upstream_cut"


async def test_a_stream_that_is_cancelled_ends_at_the_provider(
    stage: Stage, aclient: openai.AsyncOpenAI
) -> None:
    text = "cancelled from Python"
    stream = await aclient.chat.completions.create(
        model="stall:5", messages=[{"role": "user", "content": text}], stream=True
    )
    async with stream:
        await anext(aiter(stream))
    await stage.until(lambda _: any(call.ended for call in stage.calls_with(text)))
    [call] = stage.calls_with(text)
    assert call.hung_up
    assert call.ended is not Ended.ANSWERED


@pytest.mark.parametrize("stream", [False, True])
def test_a_request_with_a_name_is_answered_once(stage: Stage, client: openai.OpenAI, *, stream: bool) -> None:
    name = f"named by the client, stream: {stream}"
    asked: Any = {
        "model": "auto",
        "messages": [{"role": "user", "content": name}],
        "stream": stream,
        "extra_headers": {"Idempotency-Key": f"sdk-{stream}"},
    }

    def answer() -> Any:
        answered = client.chat.completions.create(**asked)
        return list(answered) if stream else answered

    assert answer() == answer()
    assert len(stage.calls_with(name)) == 1
    with pytest.raises(openai.ConflictError) as conflict:
        client.with_options(max_retries=5).chat.completions.create(**asked, temperature=1)
    assert conflict.value.code == "idempotency_conflict"
