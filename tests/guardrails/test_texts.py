"""Where texts stand in requests and answers."""

import json
from typing import Any

import pytest

from routergate.domain.format import Format
from routergate.guardrails.answered import Transcript
from routergate.guardrails.asked import places, put
from routergate.ports import Chunk

ASKED: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]},
     [("system", "a"), ("user", "b")]),
    ({"messages": [{"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "image_url",
      "image_url": {"url": "data:x"}}]}]}, [("user", "a")]),
    ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{"id": "i", "function":
      {"name": "f", "arguments": "a"}}]}]}, [("assistant", "a")]),
    ({"system": [{"type": "text", "text": "s"}], "messages": [{"role": "assistant", "content": [
      {"type": "tool_use", "name": "f", "input": {"deep": {"er": ["a", 1]}}},
      {"type": "thinking", "thinking": "t", "signature": "x"}]},
      {"role": "user", "content": [{"type": "tool_result", "content": [{"type": "text", "text": "b"}]},
      {"type": "document", "source": {"type": "text", "data": "c"}},
      {"type": "image", "source": {"type": "base64", "data": "d"}}]}]},
     [("system", "s"), ("assistant", "a"), ("user", "b"), ("user", "c")]),
    ({"instructions": "s", "input": [{"role": "user", "content": [{"type": "input_text", "text": "a"}]},
      {"type": "function_call", "arguments": "b"}, {"type": "function_call_output", "output": "c"}]},
     [("system", "s"), ("user", "a"), ("user", "b"), ("user", "c")]),
    ({"prompt": ["a", "b"], "user": "u", "metadata": {"text": "m"}}, [("user", "a"), ("user", "b")]),
    ({"input": [[1, 2], "a"]}, [("user", "a")]),
]  # fmt: skip


@pytest.mark.parametrize(("body", "texts"), ASKED)
def test_every_text_of_a_request_is_found_and_can_be_replaced(
    body: dict[str, Any], texts: list[tuple[str, str]]
) -> None:
    found = places(body)
    assert [(place.message.role, place.message.text) for place in found] == texts
    assert not put(found, [text for _, text in texts])
    assert put(found, [text.upper() for _, text in texts])
    assert [place.message.text for place in places(body)] == [text.upper() for _, text in texts]


def sse(*events: Any) -> list[Chunk]:
    return [Chunk(data=b"data: " + json.dumps(event).encode() + b"\n\n") for event in events]


def delta(text: str | None, index: int = 0, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": {"content": text}, **more}]}


ANSWERS: list[tuple[Format, list[Chunk], list[str]]] = [
    (Format.CHAT, [Chunk(data=b'{"choices":[{"index":0,"message":{"content":"ab"}}]}')], ["ab"]),
    (Format.CHAT, sse(delta(""), delta("a"), delta(None), delta("b"), delta("c", 1)), ["ab", "c"]),
    (Format.CHAT, sse({"choices": [{"index": 0, "delta": {"reasoning_content": "r"}}]}, delta("a")),
     ["r", "a"]),
    (Format.COMPLETIONS, sse({"choices": [{"index": 0, "text": "a"}]}), ["a"]),
    (Format.MESSAGES, [Chunk(data=b'{"content":[{"type":"text","text":"a"},{"type":"tool_use"}]}')], ["a"]),
    (Format.MESSAGES, sse({"type": "message_start", "message": {}},
                          {"type": "content_block_start", "index": 0, "content_block": {"text": ""}},
                          {"type": "content_block_delta", "index": 0, "delta": {"text": "a"}},
                          {"type": "content_block_delta", "index": 0, "delta": {"text": "b"}}), ["ab"]),
    (Format.RESPONSES, [Chunk(data=b'{"output":[{"content":[{"type":"output_text","text":"a"}]}, {}]}')],
     ["a"]),
    (Format.RESPONSES, sse(
        {"type": "response.content_part.added", "output_index": 0, "content_index": 0, "part": {"text": ""}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "a",
         "logprobs": [1]},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "b"},
        {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": "ab"},
        {"type": "response.output_item.done", "output_index": 0, "item": {"content": [{"text": "ab"}]}},
        {"type": "response.completed", "response": {"output": [{"content": [{"text": "ab"}]}]}}), ["ab"]),
    (Format.RESPONSES, sse({"type": "response.refusal.delta", "output_index": 0, "content_index": 0,
                            "delta": "no"}), ["no"]),
    (Format.EMBEDDINGS, [Chunk(data=b'{"data":[{"embedding":[1]}]}')], []),
    (Format.CHAT, [Chunk(data=b": alive\n\ndata: [DONE]\n\n"), Chunk(data=b"{broken"), Chunk(data=b"[1]")],
     []),
]  # fmt: skip


@pytest.mark.parametrize(("spoken", "chunks", "texts"), ANSWERS)
def test_every_text_of_an_answer_is_found_and_can_be_replaced(
    spoken: Format, chunks: list[Chunk], texts: list[str]
) -> None:
    answer = Transcript(spoken, chunks)
    found = answer.texts()
    assert list(found.values()) == texts
    assert answer.chunks() == chunks
    for channel, text in found.items():
        answer.write(channel, f"<{text}>")
    assert list(answer.texts().values()) == [f"<{text}>" for text in texts]
    again = Transcript(spoken, answer.chunks())
    assert again.texts() == answer.texts()
    assert b'logprobs":[1]' not in b"".join(chunk.data for chunk in answer.chunks())


def test_a_rewritten_answer_has_no_trace_of_the_old_words() -> None:
    proofs: dict[str, Any] = {"logprobs": {"content": [{"token": "secret"}]}}
    answer = Transcript(Format.CHAT, sse(delta("se", 0, **proofs), delta("cret", 0, **proofs)))
    [channel] = answer.texts()
    answer.write(channel, "[gone]")
    written = b"".join(chunk.data for chunk in answer.chunks())
    assert b"secret" not in written
    assert b"cret" not in written


def test_events_keep_their_names_and_those_between_them_their_bytes() -> None:
    data = b'event: x\r\ndata: {"type":"content_block_delta","index":0,"delta":{"text":"a"}}\r\n\r\n: hi\n\n'
    answer = Transcript(Format.MESSAGES, [Chunk(data=data)])
    answer.write((0,), "b")
    [chunk] = answer.chunks()
    assert chunk.data.startswith(b"event: x\ndata: {")
    assert chunk.data.endswith(b'"text":"b"}}\n\n: hi\n\n')
