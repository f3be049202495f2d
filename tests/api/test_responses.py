import json
from typing import Any

import pytest

from routergate.api.completions import read_completions
from routergate.api.responses import read_responses
from routergate.api.wire import PER_IMAGE
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, limited


def read(**body: Any) -> ChatRequest:
    return read_responses(json.dumps({"model": "auto", **body}).encode())[0]


def test_a_request_for_a_response() -> None:
    request = read(input="Hello?", instructions="Be brief.", stream=True, max_output_tokens=9, brand_new=1)
    assert (request.format, request.stream, request.max_output_tokens) == (Format.RESPONSES, True, 9)
    assert [(turn.role, turn.text) for turn in request.messages] == [
        ("system", "Be brief."),
        ("user", "Hello?"),
    ]
    assert bytes(request.payload["brand_new"]) == b"1"
    assert limited(request, 5).payload["max_output_tokens"] == 5
    assert (request.kept, request.follows) == (True, None)
    assert read(input="x", store=False).kept is False
    assert read(input="x", previous_response_id="resp_1").follows == "resp_1"


def test_items_of_all_kinds() -> None:
    image = {"type": "input_image", "image_url": "https://x/y.png"}
    request = read(
        input=[
            {"role": "user", "content": [{"type": "input_text", "text": "a"}, image]},
            {"type": "function_call", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "output": "b"},
            {"type": "function_call_output", "output": [{"type": "output_text", "text": "c"}]},
            {"type": "computer_call_output", "output": {"type": "computer_screenshot"}},
            {"type": "item_reference", "id": "i"},
        ]
    )
    assert [turn.text for turn in request.messages] == ["a", "{}", "b", "c", "", ""]
    assert request.needs == {Capability.VISION}
    assert request.attachment_tokens > PER_IMAGE


NEEDS: list[tuple[dict[str, Any], set[Capability]]] = [
    ({"tools": [{"type": "function", "name": "f"}]}, {Capability.TOOLS}),
    ({"text": {"format": {"type": "json_schema"}}}, {Capability.JSON_SCHEMA}),
    ({"text": {"format": {"type": "text"}}}, set()),
    ({"text": {}}, set()),
    ({"reasoning": {"effort": "low"}}, {Capability.REASONING}),
    ({"reasoning": {"effort": "none"}}, set()),
    ({"input": [{"role": "user", "content": [{"type": "input_audio"}]}]}, {Capability.AUDIO}),
]


@pytest.mark.parametrize(("body", "needs"), NEEDS)
def test_needs(body: dict[str, Any], needs: set[Capability]) -> None:
    assert read(**{"input": "x", **body}).needs == needs


@pytest.mark.parametrize("body", [{"background": True}, {"conversation": "c"}, {"input": 1}])
def test_what_cannot_be_taken_is_said_by_its_place(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(**{"input": "x", **body})
    assert caught.value.param == next(iter(body))


@pytest.mark.parametrize(
    ("body", "texts", "tokens", "choices"),
    [
        ({"prompt": "a"}, ["a"], 0, 1),
        ({"prompt": ["a", "b"], "n": 2}, ["a", "b"], 0, 4),
        ({"prompt": [1, 2, 3], "best_of": 5, "n": 2}, [], 3, 5),
        ({"prompt": [[1, 2], [3]]}, [], 3, 2),
    ],
)
def test_a_legacy_completion(body: dict[str, Any], texts: list[str], tokens: int, choices: int) -> None:
    request, _ = read_completions(json.dumps({"model": "auto", "max_tokens": 9, **body}).encode())
    assert [turn.text for turn in request.messages] == texts
    assert (request.attachment_tokens, request.choices) == (tokens, choices)
    assert limited(request, 5).payload["max_tokens"] == 5


@pytest.mark.parametrize("options", [None, {"include_usage": True}])
def test_usage_of_a_streamed_completion_is_told_if_it_is_asked_for(options: Any) -> None:
    body = {"model": "auto", "prompt": "a", "stream": True, "stream_options": options}
    assert read_completions(json.dumps(body).encode())[0].wants_usage == bool(options)


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ({}, False),
        ({"tools": [{"type": "function", "name": "f"}]}, False),
        ({"tools": [{"type": "file_search"}]}, True),
        ({"previous_response_id": "resp_1"}, True),
        ({"prompt": {"id": "pmpt_1"}}, True),
        ({"input": [{"type": "item_reference", "id": "i"}]}, True),
        ({"input": [{"role": "user", "content": [{"type": "input_file", "file_id": "f"}]}]}, True),
    ],
)
def test_input_that_the_body_does_not_show_is_noticed(body: dict[str, Any], hidden: bool) -> None:
    assert read(**body).hidden is hidden


def test_calls_are_the_models_turns_and_their_outputs_the_tools() -> None:
    call = {"type": "function_call", "name": "look", "arguments": "{}", "call_id": "c"}
    output = {"type": "function_call_output", "call_id": "c", "output": "Error: gone"}
    turns = read(input=[{"role": "user", "content": "Look"}, call, output, call]).messages
    assert [turn.role for turn in turns] == ["user", "assistant", "tool", "assistant"]
    assert turns[1].calls == turns[3].calls != ()
