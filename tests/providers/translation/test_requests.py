"""What one format says, in the words of the other."""

from typing import Any

import msgspec
import pytest

from routergate.api.messages import read_messages
from routergate.api.wire import read_chat
from routergate.domain.format import Format
from routergate.providers.translation.into_chat import as_chat
from routergate.providers.translation.into_messages import ENOUGH, as_messages
from routergate.providers.translation.terms import Untranslatable
from support.builders import a_card

HELLO = [{"role": "user", "content": "Hello?"}]
EPHEMERAL = {"type": "ephemeral"}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
CALL = {"id": "t1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Bonn"}'}}
USE = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Bonn"}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "s"}
PNG = {"type": "base64", "media_type": "image/png", "data": "iVBO"}
PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBE"}


def into_chat(*, markers: bool = False, **body: Any) -> dict[str, Any]:
    """A Messages body as a chat body, without what every one has."""
    whole = {"model": "auto", "max_tokens": 50, "messages": HELLO, **body}
    request = as_chat(read_messages(msgspec.json.encode(whole))[0], markers=markers)
    assert request.format is Format.CHAT
    return without(dict(request.payload), {"model": "auto", "messages": HELLO})


def into_messages(*, card: Any = None, **body: Any) -> dict[str, Any]:
    """A chat body as a Messages body, without what every one has."""
    whole = {"model": "auto", "messages": HELLO, **body}
    request = as_messages(read_chat(msgspec.json.encode(whole))[0], card or a_card())
    assert request.format is Format.MESSAGES
    content = [{"role": "user", "content": [{"type": "text", "text": "Hello?"}]}]
    return without(dict(request.payload), {"model": "auto", "messages": content, "max_tokens": ENOUGH})


def without(payload: dict[str, Any], usual: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in payload.items() if value != usual.get(name, ...)}


def turned(content: Any, role: str = "user", **options: Any) -> Any:
    """The chat messages that one message of Anthropic's becomes."""
    return into_chat(messages=[{"role": role, "content": content}], **options)["messages"]


PARAMETERS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"stream": True}, {"stream": True}),
    ({"temperature": 0.3, "top_p": 0.9}, {"temperature": 0.3, "top_p": 0.9}),
    ({"stop_sequences": ["a", "b"]}, {"stop": ["a", "b"]}),
    ({"stop_sequences": []}, {}),
    ({"top_k": 3, "cache_control": EPHEMERAL}, {}),
    ({"brand_new": 1}, {"brand_new": 1}),
    ({"metadata": {"user_id": "u"}}, {"user": "u"}),
    ({"service_tier": "standard_only"}, {"service_tier": "default"}),
    ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, {"reasoning_effort": "low"}),
    ({"thinking": {"type": "enabled", "budget_tokens": 8000}}, {"reasoning_effort": "medium"}),
    ({"thinking": {"type": "enabled", "budget_tokens": 16000}}, {"reasoning_effort": "high"}),
    ({"thinking": {"type": "disabled"}}, {}),
    ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, {"reasoning_effort": "high"}),
    (
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
        {"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA}}},
    ),
]


@pytest.mark.parametrize(("said", "meant"), PARAMETERS)
def test_parameters_of_messages_in_openais_words(said: dict[str, Any], meant: dict[str, Any]) -> None:
    assert into_chat(**said) == meant


def test_the_limit_is_named_by_the_adapter() -> None:
    request = as_chat(
        read_messages(msgspec.json.encode({"model": "m", "max_tokens": 7, "messages": HELLO}))[0]
    )
    assert (request.limits, request.max_output_tokens) == ((), 7)
    assert "max_tokens" not in request.payload


def test_usage_is_asked_for_in_a_stream() -> None:
    body = {"model": "m", "max_tokens": 7, "messages": HELLO, "stream": True}
    assert not as_chat(read_messages(msgspec.json.encode(body))[0]).wants_usage


def test_the_system_is_the_first_message() -> None:
    system, hello = into_chat(system="Be brief.")["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert hello == HELLO[0]


def test_cache_markers_and_thoughts_stay_only_where_they_are_understood() -> None:
    system = [{"type": "text", "text": "Long.", "cache_control": EPHEMERAL}]
    said = {"role": "assistant", "content": [THOUGHT, {"type": "text", "text": "Yes."}]}
    kept = into_chat(system=system, messages=[*HELLO, said], markers=True)["messages"]
    assert kept[0]["content"] == system
    assert kept[2] == {"role": "assistant", "content": "Yes.", "thinking_blocks": [THOUGHT]}
    plain = into_chat(system=system, messages=[*HELLO, said])["messages"]
    assert plain[0]["content"] == [{"type": "text", "text": "Long."}]
    assert plain[2] == {"role": "assistant", "content": "Yes."}


def test_images_and_documents() -> None:
    image = {"type": "image", "source": PNG}
    linked = {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}}
    paper = {"type": "document", "source": PDF, "title": "a.pdf"}
    text = {"type": "document", "source": {"type": "text", "data": "Plain.", "media_type": "text/plain"}}
    [message] = turned([image, linked, paper, text])
    assert message["content"] == [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        {"type": "image_url", "image_url": {"url": "https://x/y.png"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
        {"type": "text", "text": "Plain."},
    ]


def test_results_of_tools_are_messages_of_their_own() -> None:
    results = [
        {"type": "tool_result", "tool_use_id": "t1", "content": "clear"},
        {"type": "tool_result", "tool_use_id": "t2", "content": [{"type": "image", "source": PNG}]},
        {"type": "text", "text": "And now?"},
    ]
    first, second, said = turned(results)
    assert first == {"role": "tool", "tool_call_id": "t1", "content": "clear"}
    assert second == {"role": "tool", "tool_call_id": "t2", "content": ""}
    assert said["role"] == "user"
    assert [part["type"] for part in said["content"]] == ["text", "image_url"]


def test_calls_of_tools() -> None:
    [message] = turned([USE], "assistant")
    assert message == {"role": "assistant", "content": None, "tool_calls": [CALL]}


def test_tools_and_the_choice_among_them() -> None:
    tools = [{"name": "weather", "description": "Ahead.", "input_schema": SCHEMA, "strict": True}]
    function = {"name": "weather", "description": "Ahead.", "parameters": SCHEMA, "strict": True}
    for choice, meant in (
        ({"type": "auto"}, "auto"),
        ({"type": "any"}, "required"),
        ({"type": "none"}, "none"),
        ({"type": "tool", "name": "weather"}, {"type": "function", "function": {"name": "weather"}}),
    ):
        assert into_chat(tools=tools, tool_choice=choice) == {
            "tools": [{"type": "function", "function": function}],
            "tool_choice": meant,
        }
    alone = into_chat(tools=tools, tool_choice={"type": "auto", "disable_parallel_tool_use": True})
    assert alone["parallel_tool_calls"] is False


@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "web_search_20250305", "name": "web_search"}]},
        {"mcp_servers": [{"type": "url", "url": "https://x"}]},
        {"messages": [{"role": "user", "content": [{"type": "search_result", "source": "s"}]}]},
        {"messages": [{"role": "assistant", "content": [{"type": "server_tool_use"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file"}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "document", "source": {"type": "url"}}]}]},
    ],
)
def test_what_only_anthropic_understands_is_said_to_be_so(body: dict[str, Any]) -> None:
    with pytest.raises(Untranslatable, match="only"):
        into_chat(**body)


BACK: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"stream": True, "stream_options": {"include_usage": True}}, {"stream": True}),
    ({"max_tokens": 9}, {"max_tokens": 9}),
    ({"max_completion_tokens": 9}, {"max_tokens": 9}),
    ({"temperature": 1.7, "top_p": 0.5}, {"temperature": 1, "top_p": 0.5}),
    ({"stop": "a"}, {"stop_sequences": ["a"]}),
    ({"stop": ["a", "b"]}, {"stop_sequences": ["a", "b"]}),
    ({"seed": 1, "logit_bias": {}, "user": "u"}, {"metadata": {"user_id": "u"}}),
    ({"brand_new": 1, "top_k": 5}, {"brand_new": 1, "top_k": 5}),
    ({"service_tier": "default"}, {"service_tier": "standard_only"}),
    ({"service_tier": "flex"}, {}),
    ({"reasoning_effort": "none"}, {}),
    ({"reasoning_effort": "low", "temperature": 0}, {"thinking": {"type": "enabled", "budget_tokens": 1024}}),
    ({"reasoning_effort": "high", "max_tokens": 1000}, {"max_tokens": 1000}),
    (
        {"response_format": {"type": "json_object"}},
        {"system": [{"type": "text", "text": "Answer with one JSON object and nothing else."}]},
    ),
    (
        {"response_format": {"type": "json_schema", "json_schema": {"name": "x", "schema": SCHEMA}}},
        {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}},
    ),
]


@pytest.mark.parametrize(("said", "meant"), BACK)
def test_parameters_of_chat_in_anthropics_words(said: dict[str, Any], meant: dict[str, Any]) -> None:
    assert into_messages(**said) == meant


def test_a_model_may_write_as_much_as_the_catalogue_says() -> None:
    assert into_messages(card=a_card(max_output_tokens=8000))["max_tokens"] == 8000


def test_turns_alternate_and_the_system_stands_apart() -> None:
    told = into_messages(
        messages=[
            {"role": "system", "content": [{"type": "text", "text": "Long.", "cache_control": EPHEMERAL}]},
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "content": "", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "t1", "content": "clear"},
            {"role": "tool", "tool_call_id": "t2", "content": ""},
            {"role": "user", "content": "And?"},
            {"role": "developer", "content": "Be brief."},
        ]
    )
    assert told["system"] == [
        {"type": "text", "text": "Long.", "cache_control": EPHEMERAL},
        {"type": "text", "text": "Be brief."},
    ]
    assert told["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Weather?"}]},
        {"role": "assistant", "content": [USE]},
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "t1", "content": [{"type": "text", "text": "clear"}]},
                {"type": "tool_result", "tool_use_id": "t2"},
                {"type": "text", "text": "And?"},
            ],
        },
    ]


def test_thoughts_words_and_calls_go_back_in_anthropics_order() -> None:
    said = {"role": "assistant", "content": "So.", "thinking_blocks": [THOUGHT], "tool_calls": [CALL]}
    [_, message] = into_messages(messages=[*HELLO, said])["messages"]
    assert message["content"] == [THOUGHT, {"type": "text", "text": "So."}, USE]


def test_a_call_that_was_cut_short_has_no_input() -> None:
    cut = {**CALL, "function": {"name": "weather", "arguments": '{"city":"Bo'}}
    [_, message] = into_messages(messages=[*HELLO, {"role": "assistant", "tool_calls": [cut]}])["messages"]
    assert message["content"] == [{**USE, "input": {}}]


def test_media_of_chat() -> None:
    content = [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBO"}},
        {"type": "image_url", "image_url": "https://x/y.png"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBE"}},
    ]
    [message] = into_messages(messages=[{"role": "user", "content": content}])["messages"]
    assert message["content"] == [
        {"type": "image", "source": PNG},
        {"type": "image", "source": {"type": "url", "url": "https://x/y.png"}},
        {"type": "document", "source": PDF, "title": "a.pdf"},
    ]


TOOL = {"type": "function", "function": {"name": "weather"}, "cache_control": EPHEMERAL}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({}, None),
        ({"tool_choice": "auto"}, {"type": "auto"}),
        ({"tool_choice": "required"}, {"type": "any"}),
        ({"tool_choice": "none", "parallel_tool_calls": False}, {"type": "none"}),
        (
            {"tool_choice": {"type": "function", "function": {"name": "weather"}}},
            {"type": "tool", "name": "weather"},
        ),
        ({"parallel_tool_calls": False}, {"type": "auto", "disable_parallel_tool_use": True}),
    ],
)
def test_tools_of_chat_and_the_choice_among_them(said: dict[str, Any], meant: Any) -> None:
    told = into_messages(tools=[TOOL], **said)
    empty = {"type": "object", "properties": {}}
    assert told["tools"] == [{"name": "weather", "input_schema": empty, "cache_control": EPHEMERAL}]
    assert told.get("tool_choice") == meant


def test_there_is_no_thinking_before_a_call_that_must_be_made_or_after_lost_thoughts() -> None:
    assert "thinking" not in into_messages(reasoning_effort="low", tools=[TOOL], tool_choice="required")
    called = [*HELLO, {"role": "assistant", "tool_calls": [CALL]}]
    assert "thinking" not in into_messages(reasoning_effort="low", messages=called)
    remembered = [*HELLO, {"role": "assistant", "tool_calls": [CALL], "thinking_blocks": [THOUGHT]}]
    assert "thinking" in into_messages(reasoning_effort="low", messages=remembered)


@pytest.mark.parametrize(
    "body",
    [
        {"n": 2},
        {"functions": [{"name": "f"}]},
        {"tools": [{"type": "custom", "custom": {}}]},
        {"messages": [{"role": "function", "content": "x"}]},
        {"messages": [{"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}]},
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
    ],
)
def test_what_anthropic_does_not_understand_is_said_to_be_so(body: dict[str, Any]) -> None:
    with pytest.raises(Untranslatable):
        into_messages(**body)
