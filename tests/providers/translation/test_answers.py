"""Answers of one format, in the words of the other."""

import json
from typing import Any

from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.translation import answer_as_chat, answer_as_messages
from support.simulation import events

USAGE = Usage(input_uncached=10, cache_read=60, cache_write=20, cache_write_1h=10, output=4, reasoning=1)
CALL = {"index": 0, "id": "t1", "type": "function", "function": {"name": "weather", "arguments": '{"a":1}'}}
USE = {"type": "tool_use", "id": "t1", "name": "weather", "input": {"a": 1}}
THOUGHT = {"type": "thinking", "thinking": "Hm.", "signature": "s"}


def as_messages(message: dict[str, Any], finish: str = "stop", usage: Usage | None = USAGE) -> Any:
    """A plain chat answer in Anthropic's words."""
    body = {"id": "c1", "model": "m", "object": "chat.completion", "created": 1, "extra": 5}
    body["choices"] = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}]
    return json.loads(answer_as_messages.plain(json.dumps(body).encode(), usage))


def as_chat(*content: Any, reason: str = "end_turn", usage: Usage | None = USAGE) -> Any:
    """A plain Messages answer in OpenAI's words."""
    body = {"id": "m1", "type": "message", "role": "assistant", "model": "m", "extra": 5}
    body |= {"content": content, "stop_reason": reason, "usage": {"input_tokens": 1}}
    return json.loads(answer_as_chat.plain(json.dumps(body).encode(), usage, 7))


def test_a_chat_answer_in_anthropics_words() -> None:
    assert as_messages({"content": "Hi."}) == {
        "id": "c1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "extra": 5,
        "content": [{"type": "text", "text": "Hi."}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 10,
            "cache_creation_input_tokens": 30,
            "cache_read_input_tokens": 60,
            "output_tokens": 5,
            "output_tokens_details": {"thinking_tokens": 1},
        },
    }


def test_all_kinds_of_words_in_anthropics_order() -> None:
    message = {"content": None, "refusal": "No.", "reasoning_content": "Hm.", "tool_calls": [CALL]}
    thought, text, use = as_messages(message, "tool_calls")["content"]
    assert thought == {**THOUGHT, "signature": ""}
    assert text == {"type": "text", "text": "No."}
    assert use == USE
    signed = as_messages({"content": [{"type": "text", "text": "Hi."}], "thinking_blocks": [THOUGHT]})
    assert signed["content"] == [THOUGHT, {"type": "text", "text": "Hi."}]


def test_arguments_that_are_no_json_are_kept_as_they_are() -> None:
    cut = {**CALL, "function": {"name": "weather", "arguments": '{"a":'}}
    [use] = as_messages({"tool_calls": [cut]}, "length")["content"]
    assert use["input"] == {"arguments": '{"a":'}


def test_usage_that_nobody_told_is_unknown() -> None:
    assert as_messages({"content": "Hi."}, usage=None)["usage"] == {
        "input_tokens": None,
        "output_tokens": None,
    }
    assert as_chat({"type": "text", "text": "Hi."}, usage=None)["usage"] is None


def test_a_messages_answer_in_openais_words() -> None:
    assert as_chat(THOUGHT, {"type": "text", "text": "Hi."}, USE, reason="tool_use") == {
        "id": "m1",
        "object": "chat.completion",
        "created": 7,
        "model": "m",
        "extra": 5,
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "Hi.",
                    "refusal": None,
                    "reasoning_content": "Hm.",
                    "thinking_blocks": [THOUGHT],
                    "tool_calls": [{k: v for k, v in CALL.items() if k != "index"}],
                },
                "logprobs": None,
                "finish_reason": "tool_calls",
            }
        ],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 5,
            "total_tokens": 105,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_creation_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
    }


def streamed(stream: Any, *pieces: bytes, usage: Usage | None = USAGE) -> list[Chunk]:
    """What a stream becomes; the last piece but one has the usage."""
    *before, counted, last = [Chunk(data=piece) for piece in pieces]
    told = Chunk(data=counted.data, usage=usage, usage_only=True)
    return [out for chunk in (*before, told, last) for out in stream.feed(chunk)]


def chat_event(**delta: Any) -> bytes:
    finish = delta.pop("finish", None)
    return (
        b"data: "
        + json.dumps(
            {"id": "c1", "model": "m", "choices": [{"delta": delta, "finish_reason": finish}]}
        ).encode()
        + b"\n\n"
    )


def names(chunks: list[Chunk]) -> list[str]:
    text = b"".join(chunk.data for chunk in chunks).decode()
    return [line.removeprefix("event: ") for line in text.splitlines() if line.startswith("event: ")]


def test_a_streamed_chat_answer_opens_and_closes_each_block() -> None:
    second = {"index": 1, "id": "t2", "function": {"name": "b", "arguments": ""}}
    chunks = streamed(
        answer_as_messages.Stream(),
        chat_event(role="assistant", content="") + b": keep-alive\n\n",
        chat_event(reasoning_content="Hm.") + chat_event(thinking_blocks=[THOUGHT]),
        chat_event(content="So."),
        chat_event(tool_calls=[CALL]) + chat_event(tool_calls=[second]),
        chat_event(finish="tool_calls"),
        b'data: {"choices": [], "usage": {}}\n\n',
        b"data: [DONE]\n\n",
    )
    block = ["content_block_start", "content_block_delta", "content_block_stop"]
    assert names(chunks) == [
        *("message_start", "ping"),
        *("content_block_start", "content_block_delta", "content_block_delta", "content_block_stop"),
        *(block * 2),
        *("content_block_start", "content_block_stop", "message_delta", "message_stop"),
    ]
    told = {event["type"]: event for event in events(b"".join(chunk.data for chunk in chunks))}
    assert told["message_delta"]["delta"]["stop_reason"] == "tool_use"
    assert told["message_delta"]["usage"]["output_tokens"] == 5
    [counted] = [chunk for chunk in chunks if chunk.usage]
    assert names([counted]) == ["message_delta"]


def test_a_stream_without_usage_says_that_it_is_unknown() -> None:
    chunks = streamed(
        answer_as_messages.Stream(),
        chat_event(content="Hi."),
        chat_event(finish="stop"),
        b"data: [DONE]\n\n",
        usage=None,
    )
    [delta] = [e for e in events(b"".join(c.data for c in chunks)) if e["type"] == "message_delta"]
    assert delta["usage"]["output_tokens"] is None


def test_a_streamed_messages_answer_in_openais_words() -> None:
    event = answer_as_messages.event
    chunks = streamed(
        answer_as_chat.Stream(7),
        event("message_start", message={"id": "m1", "model": "m"}) + event("ping"),
        event("content_block_start", index=0, content_block={"type": "thinking", "thinking": ""}),
        event("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."}),
        event("content_block_delta", index=0, delta={"type": "signature_delta", "signature": "s"}),
        event("content_block_stop", index=0),
        event("content_block_start", index=1, content_block={"type": "text", "text": "S"}),
        event("content_block_delta", index=1, delta={"type": "text_delta", "text": "o."}),
        event(
            "content_block_start", index=2, content_block={"type": "tool_use", "id": "t1", "name": "weather"}
        ),
        event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": '{"a":1}'}),
        event("brand_new_event") + b"data: what nobody understands\n\n",
        event("message_delta", delta={"stop_reason": "tool_use"}, usage={}),
        event("message_stop"),
    )
    assert chunks[-1].data == b"data: [DONE]\n\n"
    told = events(b"".join(chunk.data for chunk in chunks))
    deltas = [choice["delta"] for event in told for choice in event["choices"]]
    opening = {"index": 0, "id": "t1", "type": "function", "function": {"name": "weather", "arguments": ""}}
    assert deltas == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Hm."},
        {"thinking_blocks": [THOUGHT]},
        {"content": "S"},
        {"content": "o."},
        {"tool_calls": [opening]},
        {"tool_calls": [{"index": 0, "function": {"arguments": '{"a":1}'}}]},
        {},
    ]
    assert {(event["id"], event["model"], event["created"]) for event in told} == {("m1", "m", 7)}
    assert told[-2]["choices"][0]["finish_reason"] == "tool_calls"
    assert told[-1]["usage"]["total_tokens"] == 105
    [counted] = [chunk for chunk in chunks if chunk.usage]
    assert counted.usage_only


def test_refusals_in_the_words_of_the_other() -> None:
    ours = b'{"error": {"message": "No.", "type": "x", "param": "n", "code": "model_not_found"}}'
    assert json.loads(answer_as_messages.refusal(ours)) == {
        "type": "error",
        "error": {"type": "not_found_error", "message": "No.", "code": "model_not_found", "param": "n"},
    }
    theirs = b'{"type": "error", "error": {"type": "invalid_request_error", "message": "No."}}'
    assert json.loads(answer_as_chat.refusal(theirs))["error"]["message"] == "No."


def test_a_refusal_that_cannot_be_read_is_one_all_the_same() -> None:
    for body in (b"<html>", b"[]", b'{"detail": "No."}', b'{"error": "No."}', b'{"error": null}'):
        assert json.loads(answer_as_messages.refusal(body))["error"]["message"]
        assert json.loads(answer_as_chat.refusal(body))["error"]["message"]
