"""OpenAI's client in its newest and its oldest format."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from pydantic import BaseModel

from support.gateway import KEY
from support.simulation import conforms
from support.stage import PINNED_KEY, Stage

PARAMETERS: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}
WEATHER: Any = {"type": "function", "name": "weather", "parameters": PARAMETERS, "strict": False}


@pytest.fixture
def client(stage: Stage) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{stage.gateway.url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_a_response(client: openai.OpenAI) -> None:
    answer = client.responses.create(model="auto", input="Hello?", instructions="Be brief.")
    assert "simulated" in answer.output_text
    assert answer.status == "completed"
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.usage.to_dict()["cost"]


def test_a_streamed_response(client: openai.OpenAI) -> None:
    plain = client.responses.create(model="auto", input="Hello?")
    with client.responses.stream(model="auto", input="Hello?") as stream:
        kinds = [event.type for event in stream]
        whole = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert whole.output_text == plain.output_text
    assert whole.usage is not None
    assert whole.usage.to_dict()["cost_details"]


def test_tools_in_a_response(client: openai.OpenAI) -> None:
    answer = client.responses.create(model="auto", input="Use weather, please.", tools=[WEATHER])
    [call] = answer.output
    assert call.type == "function_call"
    assert conforms(json.loads(call.arguments), PARAMETERS)
    told: Any = {"type": "function_call_output", "call_id": call.call_id, "output": "clear"}
    second = client.responses.create(
        model="auto", input=[told], tools=[WEATHER], previous_response_id=answer.id
    )
    assert second.output_text


@pytest.mark.parametrize("choice", ["required", {"type": "function", "name": "weather"}])
def test_a_tool_that_must_be_called_is(client: openai.OpenAI, choice: Any) -> None:
    answer = client.responses.create(model="auto", input="Hello?", tools=[WEATHER], tool_choice=choice)
    assert [item.type for item in answer.output] == ["function_call"]


class Place(BaseModel):
    city: str


def test_a_response_in_a_schema(client: openai.OpenAI) -> None:
    answer = client.responses.parse(model="auto", input="Hello?", text_format=Place)
    assert isinstance(answer.output_parsed, Place)


def test_a_response_is_kept_where_it_was_given_and_costs_nothing_more(
    stage: Stage, client: openai.OpenAI
) -> None:
    text = "kept for later"
    answer = client.responses.create(model="auto", input=text)
    assert client.responses.retrieve(answer.id).output_text == answer.output_text
    assert client.responses.input_items.list(answer.id).data == []
    client.responses.delete(answer.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(answer.id)
    assert len(stage.calls_with(text)) == 1


def test_what_is_not_kept_cannot_be_followed(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(model="auto", input="On.", previous_response_id="resp_nobody")
    assert (caught.value.code, caught.value.param) == ("response_not_found", "previous_response_id")
    unkept = client.responses.create(model="auto", input="not to be kept", store=False)
    with pytest.raises(openai.NotFoundError, match="is kept"):
        client.responses.retrieve(unkept.id)


def test_whoever_has_no_key_gets_nothing(client: openai.OpenAI) -> None:
    answer = client.responses.create(model="auto", input="mine")
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="rg-wrong").responses.retrieve(answer.id)


@pytest.mark.parametrize(("name", "value"), [("background", True), ("conversation", "conv_1")])
def test_what_cannot_be_metered_or_routed_is_refused(client: openai.OpenAI, name: str, value: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="auto", input="x", extra_body={name: value})
    assert caught.value.param == name


def test_models_that_cannot_are_told_from_those_that_can(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match=r"'claude' has no model .* responses. Use small, large"):
        client.responses.create(model="claude", input="x")


def test_a_response_that_breaks_is_an_error_and_no_short_answer(client: openai.OpenAI) -> None:
    kinds: list[str] = []
    stream = client.responses.create(model="cut:5", input="x", stream=True)
    with pytest.raises(openai.APIError, match="broke"):
        kinds.extend(event.type for event in stream)
    assert "response.completed" not in kinds


def test_a_refusal_is_the_providers_own(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="find fault"):
        client.responses.create(model="400", input="x")


def test_a_pinned_key_is_pinned_here_too(client: openai.OpenAI) -> None:
    with pytest.raises(openai.PermissionDeniedError):
        client.with_options(api_key=PINNED_KEY).responses.create(
            model="auto", input="x", metadata={"customer": "initech"}
        )


def test_a_legacy_completion(client: openai.OpenAI) -> None:
    answer = client.completions.create(model="auto", prompt="Once upon a time", max_tokens=20)
    assert answer.choices[0].text
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage is not None
    assert answer.usage.completion_tokens == 20
    assert answer.usage.to_dict()["cost"]


def test_a_streamed_legacy_completion(client: openai.OpenAI) -> None:
    plain = client.completions.create(model="auto", prompt="Once")
    options: Any = {"stream_options": {"include_usage": True}}
    *chunks, last = client.completions.create(model="auto", prompt="Once", stream=True, **options)
    assert "".join(chunk.choices[0].text for chunk in chunks) == plain.choices[0].text
    assert last.usage is not None
    assert last.usage.to_dict()["cost"]
    unasked = list(client.completions.create(model="auto", prompt="Once", stream=True))
    assert all(chunk.usage is None for chunk in unasked)
