import json
from typing import Any

import pytest

from routergate.api.messages import PDF_CHARACTERS_PER_TOKEN, read_counted, read_messages
from routergate.api.wire import PER_IMAGE
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, limited

HELLO = [{"role": "user", "content": "Hello?"}]
IMAGE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBO"}}


def read(**changes: Any) -> ChatRequest:
    whole = {"model": "auto", "max_tokens": 50, "messages": HELLO, **changes}
    return read_messages(json.dumps(whole).encode())[0]


def test_a_request_in_anthropics_format() -> None:
    request = read(stream=True, brand_new=[1])
    assert (request.format, request.model, request.stream) == (Format.MESSAGES, "auto", True)
    assert (request.max_output_tokens, request.limits) == (50, ("max_tokens",))
    assert bytes(request.payload["brand_new"]) == b"[1]"
    assert request.wants_usage
    assert request.size > 0
    assert limited(request, 7).payload["max_tokens"] == 7


def test_text_is_read_wherever_it_stands() -> None:
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "inner"}]}
    plain = {"type": "tool_result", "tool_use_id": "t", "content": "plain"}
    content = [{"type": "text", "text": "outer"}, result, plain]
    request = read(
        system=[{"type": "text", "text": "system"}], messages=[{"role": "user", "content": content}]
    )
    assert [(turn.role, turn.text) for turn in request.messages] == [
        ("system", "system"),
        ("tool", "inner"),
        ("tool", "plain"),
        ("user", "outer"),
    ]


NEEDS: list[tuple[dict[str, Any], set[Capability]]] = [
    ({}, set()),
    ({"tools": [{"name": "a", "input_schema": {}}]}, {Capability.TOOLS}),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {Capability.REASONING}),
    ({"thinking": {"type": "adaptive"}}, set()),
    ({"output_config": {"format": {"type": "json_schema"}}}, {Capability.JSON_SCHEMA}),
    ({"output_config": {"effort": "low", "format": None}}, set()),
    ({"messages": [{"role": "user", "content": [IMAGE]}]}, {Capability.VISION}),
    (
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": [IMAGE]}]}]},
        {Capability.VISION},
    ),
]


@pytest.mark.parametrize(("body", "needs"), NEEDS)
def test_needs(body: dict[str, Any], needs: set[Capability]) -> None:
    assert read(**body).needs == needs


def test_what_is_not_text_has_tokens_too() -> None:
    def more(block: dict[str, Any]) -> int:
        plain = read(messages=[{"role": "user", "content": []}])
        return (
            read(messages=[{"role": "user", "content": [block]}]).attachment_tokens - plain.attachment_tokens
        )

    assert more(IMAGE) == PER_IMAGE
    pdf = {"type": "document", "source": {"type": "base64", "data": "x" * 100 * PDF_CHARACTERS_PER_TOKEN}}
    assert more(pdf) == 100
    assert more({"type": "document", "source": {"type": "text", "data": "x" * 398}}) == 100
    assert more({"type": "tool_use", "id": "t", "name": "n", "input": {"a": "x" * 392}}) == 100
    assert more({"type": "web_search_tool_result", "content": {"type": "error"}}) == 0


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages[0].content"),
        ({"messages": [{"role": "user", "content": [{"text": "x"}]}]}, "messages[0].content[0].type"),
        ({"model": ""}, "model"),
    ],
)
def test_what_is_wrong_is_said_by_its_place(changes: dict[str, Any], param: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        read(**changes)
    assert caught.value.param == param


def test_a_limit_is_needed_for_an_answer_and_not_for_a_count() -> None:
    body = json.dumps({"model": "auto", "messages": HELLO}).encode()
    with pytest.raises(InvalidRequest, match="'max_tokens' is missing"):
        read_messages(body)
    assert read_counted(body)[0].max_output_tokens is None


DOCUMENT = {"type": "document", "source": {"type": "url", "url": "https://x/y.pdf"}}


@pytest.mark.parametrize(
    ("body", "hidden"),
    [
        ({}, False),
        ({"tools": [{"name": "a", "input_schema": {}}, {"type": "custom", "name": "b"}]}, False),
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, True),
        ({"tools": ["what is this?"]}, True),
        ({"mcp_servers": [{"url": "https://x"}]}, True),
        ({"messages": [{"role": "user", "content": [DOCUMENT]}]}, True),
        ({"messages": [{"role": "user", "content": [IMAGE]}]}, False),
    ],
)
def test_input_that_the_body_does_not_show_is_noticed(body: dict[str, Any], hidden: bool) -> None:
    assert read(**body).hidden is hidden


def test_the_budget_for_thoughts_is_read() -> None:
    assert read(thinking={"type": "enabled", "budget_tokens": 1024}).thinking_tokens == 1024
    assert read(thinking={"type": "adaptive"}).thinking_tokens is None


def test_what_tools_answer_is_not_the_users_question_and_an_error_is_known_as_one() -> None:
    call = {"type": "tool_use", "id": "t", "name": "look", "input": {"at": "it"}}
    failure = {"type": "tool_result", "tool_use_id": "t", "content": "gone", "is_error": True}
    turns = read(
        messages=[
            {"role": "user", "content": "Look at it"},
            {"role": "assistant", "content": [call]},
            {"role": "user", "content": [failure]},
            {"role": "assistant", "content": [call]},
        ]
    ).messages
    assert [(turn.role, turn.text, turn.failed) for turn in turns] == [
        ("user", "Look at it", False),
        ("assistant", "", False),
        ("tool", "gone", True),
        ("assistant", "", False),
    ]
    assert turns[1].calls == turns[3].calls != ()
