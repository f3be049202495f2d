"""How a second answer is joined to the beginning of a first one."""

import json
from typing import Any

import pytest

from routergate.domain.overlap import AnswerDiverged, Overlap
from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.thread import ChatThread
from support.streams import DONE, event, raw, told, usage, whole

NOTHING = Usage()


def a_thread(*chunks: Chunk) -> ChatThread:
    thread = ChatThread()
    for chunk in chunks or (event("", role="assistant"), event("One two")):
        thread.told(chunk)
    return thread


def joined(chunk: Chunk, overlap: Overlap | None = None, paid: Usage = NOTHING) -> Chunk:
    return a_thread().joined(chunk, overlap or Overlap(""), paid)


def test_it_says_what_the_caller_has() -> None:
    comments = Chunk(data=b": still here\n\n")
    assert a_thread(event("", role="assistant"), comments, event("One"), event(" two")).text == "One two"
    assert ChatThread().text == ""


@pytest.mark.parametrize(
    "chunk",
    [
        event("x", finish="stop"),
        event(tool_calls=[{"index": 0, "function": {"name": "f", "arguments": ""}}]),
        event(function_call={"name": "f"}),
        event(refusal="No."),
        event(audio={"data": ""}),
        event(reasoning_content="Hm"),
        event(reasoning="Hm"),
        event(content=[{"type": "text", "text": "x"}]),
        raw({"choices": [{"index": 1, "delta": {"content": "x"}}]}),
        raw({"choices": [{"index": 0, "delta": {"content": "x"}, "logprobs": {"content": []}}]}),
        raw({"choices": "none of them"}),
    ],
)
def test_what_is_over_or_more_than_a_text_does_not_go_on(chunk: Chunk) -> None:
    assert a_thread(event("One two"), chunk, event("three")).text is None


def test_the_rest_of_another_answer_comes_under_the_first_ones_name() -> None:
    overlap = Overlap("One two")
    chunks = [joined(chunk, overlap) for chunk in whole(["One", " two three", " four"])]
    assert told(chunks) == " three four"
    bodies = [json.loads(chunk.data[6:]) for chunk in chunks if chunk.data and chunk.data != DONE.data]
    assert {(body["id"], body["created"], body["model"]) for body in bodies} == {("chatcmpl-one", 3, "two")}
    assert all("role" not in choice["delta"] for body in bodies for choice in body["choices"])
    assert "".join(chunk.text for chunk in chunks) == "One two three four"
    assert chunks[-1].data == DONE.data


def test_events_that_come_together_are_joined_one_by_one() -> None:
    chunk = Chunk(data=b": hello\n\n" + b"".join(one.data for one in whole(["One", " two", " three"])))
    assert told([joined(chunk, Overlap("One"))]) == " two three"


def test_thoughts_before_the_text_are_left_out() -> None:
    thought = event(reasoning_content="Hm", reasoning="Hm")
    assert joined(thought, Overlap("One")).data == b""


CALL: Any = [{"index": 0, "id": "call-1", "function": {"name": "f", "arguments": "{}"}}]


def test_a_call_of_a_tool_may_follow_the_text() -> None:
    [choice] = json.loads(joined(event(tool_calls=CALL)).data[6:])["choices"]
    assert choice["delta"] == {"tool_calls": CALL}


@pytest.mark.parametrize(
    ("chunk", "had"),
    [
        (event("Two"), "One"),
        (event(tool_calls=CALL), "One"),
        (event(refusal="No."), "One"),
        (event("On", finish="stop"), "One"),
        (DONE, "One"),
        (event(reasoning_content="Hm"), ""),
        (event(content=[{"type": "text", "text": "x"}]), ""),
        (raw({"choices": [{"index": 1, "delta": {"content": "x"}}]}), ""),
        (raw({"choices": [{"delta": {}}, {"delta": {}}]}), ""),
        (raw({"choices": "none of them"}), ""),
        (raw(5), ""),
    ],
)
def test_what_cannot_be_joined_is_said_so(chunk: Chunk, had: str) -> None:
    with pytest.raises(AnswerDiverged):
        joined(chunk, Overlap(had))


def test_a_choice_without_a_delta_may_end_the_answer() -> None:
    body = json.loads(joined(raw({"choices": [{"index": 0, "finish_reason": "stop"}]})).data[6:])
    assert body["choices"] == [{"index": 0, "finish_reason": "stop", "delta": {}}]


def test_usage_is_summed() -> None:
    chunk = joined(usage(10, 20), paid=Usage(input_uncached=3, cache_read=2, output=4, reasoning=3))
    counts = json.loads(chunk.data[6:])["usage"]
    assert counts == {"prompt_tokens": 15, "completion_tokens": 27, "total_tokens": 42}
    assert chunk.usage == Usage(input_uncached=10, output=20)


def test_an_event_without_usage_gets_none() -> None:
    assert json.loads(joined(raw({"choices": [], "usage": None})).data[6:])["usage"] is None
