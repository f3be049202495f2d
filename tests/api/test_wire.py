import asyncio
import json
from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routergate.api.wire import read_chat
from routergate.domain.errors import InvalidRequest
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest
from routergate.tokens import TiktokenCounter, load

PROMPT = "the-secret-of-the-prompt"
MESSAGE = {"role": "user", "content": PROMPT}


def body(**changes: Any) -> bytes:
    """A small request with some parameters changed; `...` leaves one out."""
    whole = {"model": "auto", "messages": [MESSAGE], **changes}
    return json.dumps({name: value for name, value in whole.items() if value is not ...}).encode()


def said(**changes: Any) -> bytes:
    """A small request with its message changed."""
    message = {name: value for name, value in {**MESSAGE, **changes}.items() if value is not ...}
    return body(messages=[message])


def read(raw: bytes) -> ChatRequest:
    return read_chat(raw)[0]


def refusal(raw: bytes) -> InvalidRequest:
    with pytest.raises(InvalidRequest) as caught:
        read_chat(raw)
    return caught.value


WRONG: list[tuple[bytes, str | None, str]] = [
    (b"", None, "not valid JSON"),
    (b"{", None, "not valid JSON"),
    (body()[:-10], None, "not valid JSON"),
    (body() + b"x", None, "trailing characters"),
    (b"\xef\xbb\xbf" + body(), None, "not valid JSON"),
    (b'{"model": "auto", "temperature": NaN}', None, "not valid JSON"),
    (b'{"model": "a\nb"}', None, "not valid JSON"),
    (b'{"model": "\xff"}', None, "not UTF-8: byte 11"),
    (body().decode().encode("utf-16"), None, "not UTF-8"),
    (b"[]", None, "The body is wrong: expected object, got array."),
    (b"null", None, "The body is wrong: expected object, got null."),
    (b'"the-secret-of-the-prompt"', None, "The body is wrong: expected object, got string."),
    (body(model=...), "model", "'model' is missing."),
    (body(model=None), "model", "'model' is wrong: expected string, got null."),
    (body(model=""), "model", "'model' is wrong: expected string of length >= 1."),
    (body(model="m" * 257), "model", "'model' is wrong: expected string of length <= 256."),
    (body(messages=...), "messages", "'messages' is missing."),
    (body(messages=None), "messages", "'messages' is wrong: expected array, got null."),
    (body(messages={}), "messages", "'messages' is wrong: expected array, got object."),
    (body(messages=[]), "messages", "'messages' is wrong: expected array of length >= 1."),
    (body(messages=[PROMPT]), "messages[0]", "'messages[0]' is wrong: expected object, got string."),
    (body(messages=[MESSAGE, {}]), "messages[1].role", "'messages[1].role' is missing."),
    (
        said(role=PROMPT),
        "messages[0].role",
        "'messages[0].role' must be one of system, developer, user, assistant, tool, function.",
    ),
    (said(role=None), "messages[0].role", "'messages[0].role' is wrong: expected string, got null."),
    (said(content=1), "messages[0].content", "expected string | array, got integer"),
    (said(content=[PROMPT]), "messages[0].content[0]", "expected object, got string"),
    (said(content=[{"text": PROMPT}]), "messages[0].content[0].type", "is missing"),
    (said(content=[{"type": "text", "text": 1}]), "messages[0].content[0].text", "expected string"),
    (body(max_tokens=0), "max_tokens", "'max_tokens' is wrong: expected integer >= 1."),
    (body(max_tokens=-1), "max_tokens", "expected integer >= 1"),
    (body(max_tokens=1.5), "max_tokens", "expected integer, got number"),
    (body(max_completion_tokens="5"), "max_completion_tokens", "expected integer, got string"),
    (body(n=0), "n", "expected integer >= 1"),
    (body(n=129), "n", "expected integer <= 128"),
    (body(n=True), "n", "expected integer, got boolean"),
    (body().replace(b'"auto"', b'"auto", "n": 1e400'), "n", "number out of range"),
    (body(stream="yes"), "stream", "expected boolean, got string"),
    (body(stream_options=1), "stream_options", "expected object, got integer"),
    (body(stream_options={"include_usage": 1}), "stream_options.include_usage", "expected boolean"),
    (body(tools={}), "tools", "expected array, got object"),
    (body(response_format="json"), "response_format", "expected object, got string"),
    (body(response_format={}), "response_format.type", "is missing"),
    (body(metadata=PROMPT), "metadata", "expected object, got string"),
    (body(metadata={"tags": 7}), "metadata.tags", "expected"),
    (body(metadata={"tags": [PROMPT, 1]}), "metadata.tags[1]", "expected string, got integer"),
    (body(user=1), "user", "expected string, got integer"),
]


@pytest.mark.parametrize(("raw", "param", "message"), WRONG)
def test_a_wrong_body_is_refused_with_its_place(raw: bytes, param: str | None, message: str) -> None:
    error = refusal(raw)
    assert error.param == param
    assert message in str(error)
    assert PROMPT not in str(error)


HALVES = [r"\ud800", r"\udc00", r"\ud83d", r"a\uDBFFb", r"\ud83d\ud83d\ude00"]


@pytest.mark.parametrize("half", HALVES)
@pytest.mark.parametrize(
    "around",
    [
        '{"model": "auto", "messages": [{"role": "user", "content": "%s"}]}',
        '{"model": "%s", "messages": [{"role": "user", "content": ""}]}',
        '{"model": "auto", "messages": [{"role": "user", "content": ""}], "unknown": {"deep": ["%s"]}}',
        '{"model": "auto", "messages": [{"role": "user", "content": ""}], "%s": 1}',
    ],
)
def test_half_a_surrogate_pair_is_refused_before_it_can_hurt(around: str, half: str) -> None:
    assert "half of a surrogate pair" in str(refusal((around % half).encode()))


def test_a_whole_surrogate_pair_is_one_character() -> None:
    raw = body().replace(PROMPT.encode(), rb"\ud83d\ude00")
    assert read(raw).messages[0].text == "😀"


@pytest.mark.parametrize("depth", [50_000, 500_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("place", ["unknown", "tools", "metadata", "messages"])
def test_a_depth_bomb_is_refused(place: str, opening: str, closing: str, depth: int) -> None:
    bomb = f"{opening * depth}1{closing * depth}"
    refusal(f'{{"model": "auto", "messages": [{{"role": "user"}}], "{place}": {bomb}}}'.encode())


@pytest.mark.parametrize("place", ["unknown", "tools", "stop"])
def test_five_megabytes_of_numbers_pass(place: str) -> None:
    raw = body(**{place: [1] * 1_700_000})
    assert len(raw) > 5_000_000
    assert bytes(read(raw).payload[place]).count(b"1") == 1_700_000


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool", "function"])
def test_every_role_of_the_api_is_taken(role: str) -> None:
    assert read(said(role=role)).messages[0].role == role


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", ""),
        (None, ""),
        (..., ""),
        ([], ""),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        ([{"type": "text", "text": None}], ""),
        ([{"type": "hologram", "beam": [1]}], ""),
        ([{"type": "image_url", "image_url": {"url": "https://x/y.png"}}], ""),
        ("\u0000", "\u0000"),
    ],
)
def test_content_of_every_kind_is_taken(content: Any, text: str) -> None:
    assert [message.text for message in read(said(content=content)).messages] == [text]


CALLS = [{"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}" * 500}}]
SPEECH = [{"type": "input_audio", "input_audio": {"data": "x" * 100_000, "format": "wav"}}]


@pytest.mark.parametrize(
    ("changes", "tokens"),
    [
        ({}, 0),
        ({"tool_calls": None}, 1),
        ({"tool_calls": CALLS}, 270),
        ({"content": SPEECH}, 100),
        ({"content": [{"type": "image_url", "image_url": {"url": "x" * 100_000}}]}, 765),
    ],
)
def test_what_is_not_text_is_weighed(changes: dict[str, Any], tokens: int) -> None:
    assert read(said(**changes)).attachment_tokens - 7 == pytest.approx(tokens, abs=1)


@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({}, set()),
        ({"tools": []}, set()),
        ({"tools": [{"type": "function"}]}, {Capability.TOOLS}),
        ({"functions": [{"name": "f"}]}, {Capability.TOOLS}),
        ({"response_format": {"type": "text"}}, set()),
        ({"response_format": {"type": "json_object"}}, {Capability.JSON_MODE}),
        ({"response_format": {"type": "json_schema", "json_schema": {}}}, {Capability.JSON_SCHEMA}),
        ({"reasoning_effort": "none"}, set()),
        ({"reasoning_effort": "low"}, {Capability.REASONING}),
        ({"modalities": ["text", "audio"]}, {Capability.AUDIO}),
        ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, {Capability.VISION}),
        ({"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]}, {Capability.AUDIO}),
    ],
)
def test_what_a_request_needs_is_read_from_its_parameters(
    changes: dict[str, Any], needs: set[Capability]
) -> None:
    assert read(body(**changes)).needs == needs


def test_the_last_of_two_parameters_with_one_name_counts_everywhere() -> None:
    raw = b'{"model": "a", "model": "b", "messages": [{"role": "user"}]}'
    assert read(raw).model == "b"
    assert bytes(read(raw).payload["model"]) == b'"b"'


def test_numbers_of_any_size_pass_unread() -> None:
    raw = body().replace(b'"auto"', b'"auto", "seed": ' + b"9" * 400 + b', "x": 1e999')
    assert bytes(read(raw).payload["seed"]) == b"9" * 400
    assert bytes(read(raw).payload["x"]) == b"1e999"


@pytest.mark.parametrize("tier", ["priority", None])
def test_the_service_tier_that_is_asked_for_is_read(tier: str | None) -> None:
    assert read(body(service_tier=tier)).service_tier == tier


def test_the_newer_name_of_the_output_limit_comes_first() -> None:
    assert read(body(max_tokens=10**30)).max_output_tokens == 10**30
    assert read(body(max_tokens=7, max_completion_tokens=5)).max_output_tokens == 5


@pytest.mark.parametrize(
    ("changes", "wants"),
    [
        ({}, True),
        ({"stream": False}, True),
        ({"stream": True}, False),
        ({"stream": True, "stream_options": None}, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True),
    ],
)
def test_usage_belongs_in_a_stream_only_if_asked_for(changes: dict[str, Any], *, wants: bool) -> None:
    assert read(body(**changes)).wants_usage is wants


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text().map(lambda text: said(content=text)))
def test_any_bytes_are_a_request_or_an_invalid_one(raw: bytes) -> None:
    with suppress(InvalidRequest):
        assert read(raw).model


@cache
def counter() -> TiktokenCounter:
    return TiktokenCounter(load())


@settings(deadline=None)
@given(st.text(max_size=50))
def test_the_text_of_any_request_that_is_taken_can_be_counted(text: str) -> None:
    try:
        request = read(said(content=text))
    except InvalidRequest:
        assert not text.isascii()  # a lone surrogate, which JSON can say and nobody can encode
        return
    assert request.messages[0].text.encode().decode() == text
    assert asyncio.run(counter().count([request.messages[0].text])) >= 0


def test_calls_of_tools_are_told_apart_by_name_and_arguments_not_by_id() -> None:
    def call(name: str, arguments: str, number: str) -> dict[str, object]:
        return {"id": number, "type": "function", "function": {"name": name, "arguments": arguments}}

    calls = [call("look", "{}", "1"), call("look", "{}", "2"), call("look", '{"at": 1}', "3"), {"id": "4"}]
    messages = [{"role": "assistant", "tool_calls": one} for one in (calls, None, "what?")]
    found = [turn.calls for turn in read(body(messages=messages)).messages]
    assert (len(found[0]), len(set(found[0]))) == (3, 2)
    assert found[1:] == [(), ()]
