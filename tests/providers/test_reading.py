import json
from typing import Any

import pytest
from msgspec import Raw

from routergate.domain.answer import Said
from routergate.domain.model import Capability
from routergate.ports import Chunk
from routergate.providers.reading import ChatReader
from support.builders import a_request
from support.providers import wired

SCHEMA = {"type": "object"}


def plain(**choice: Any) -> list[Chunk]:
    return [Chunk(data=json.dumps({"choices": [choice]}).encode())]


def streamed(*choices: dict[str, Any]) -> list[Chunk]:
    events = [f"data: {json.dumps({'choices': [choice]})}\n\n".encode() for choice in choices]
    return [Chunk(data=event) for event in (b": hello\n\n", *events, b"data: [DONE]\n\n")]


def test_a_plain_answer_is_read() -> None:
    token = {"logprob": -0.5}
    told = plain(
        message={"content": "Hello"}, finish_reason="length", logprobs={"content": [token, {"logprob": -1.5}]}
    )
    assert ChatReader().said(told) == [Said(text="Hello", finish="length", logprob=-1.0)]


def test_a_streamed_answer_is_put_together() -> None:
    told = streamed(
        {"index": 0, "delta": {"content": "Hel"}},
        {"index": 0, "delta": {"content": "lo"}, "logprobs": {"content": [{}]}},
        {"index": 1, "delta": {"tool_calls": [{}]}},
        {"index": 0, "delta": {}, "finish_reason": "stop"},
    )
    assert ChatReader().said(told) == [Said(text="Hello", finish="stop"), Said(text="", acts=True)]


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ({"message": {"content": [{"type": "text", "text": "a"}, "b", {}]}}, Said(text="a")),
        ({"message": {"content": 7}}, Said(text="")),
        ({"message": {"refusal": "no"}}, Said(text="", declined=True)),
        ({"finish_reason": "content_filter"}, Said(text="", finish="content_filter", declined=True)),
        ({"message": {"audio": {"id": "a"}}}, Said(text="", acts=True)),
        ({"logprobs": {"content": None}}, Said(text="")),
    ],
)
def test_answers_of_all_kinds_are_read(choice: dict[str, Any], said: Said) -> None:
    assert ChatReader().said(plain(**choice)) == [said]


@pytest.mark.parametrize("data", [b"", b"{", b"data: {\n\n", b'{"content": [{"text": "another format"}]}'])
def test_of_what_is_not_understood_nothing_is_said(data: bytes) -> None:
    assert ChatReader().said([Chunk(data=data)]) == []


def test_what_was_asked_for_is_read_from_the_request() -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}
    form = ChatReader().form(wired(response_format=wanted, max_tokens=5))
    assert (form.json, form.schema, form.limited) == (True, SCHEMA, True)
    form = ChatReader().form(wired(response_format={"type": "json_object"}))
    assert (form.json, form.schema, form.limited) == (True, None, False)
    assert ChatReader().form(wired()).json is False


def test_a_response_format_that_nobody_can_read_names_no_schema() -> None:
    deep = Raw(b"[" * 100_000)
    request = a_request(payload={"response_format": deep}, needs=frozenset({Capability.JSON_SCHEMA}))
    assert ChatReader().form(request).schema is None
    assert ChatReader().form(a_request(payload={"response_format": {"json_schema": 3}})).schema is None
