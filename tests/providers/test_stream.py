from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.anthropic import MESSAGES
from routergate.providers.dialect import CHAT, DONE
from routergate.providers.responses import RESPONSES
from routergate.providers.sse import LONGEST
from routergate.providers.stream import AnswerStream
from routergate.providers.wire import Wire

USAGE = {"prompt_tokens": 7, "completion_tokens": 2}


def event(**body: Any) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


def named(kind: str, **fields: Any) -> bytes:
    return b"event: " + kind.encode() + b"\n" + event(type=kind, **fields)


def said(text: str, **more: Any) -> bytes:
    return event(choices=[{"delta": {"content": text}}], **more)


FINISH = event(choices=[{"delta": {}, "finish_reason": "stop"}])
COUNTED = event(choices=[], usage=USAGE)
WHOLE = [said("one "), said("two"), FINISH, COUNTED, DONE]


def fed(*pieces: bytes) -> list[Chunk]:
    stream = AnswerStream(CHAT)
    return [chunk for piece in pieces for chunk in stream.feed(piece)] + stream.end()


def test_plain_events_travel_together_and_usage_alone() -> None:
    chunks = fed(b"".join(WHOLE))
    assert [chunk.data for chunk in chunks] == [b"".join(WHOLE[:3]), COUNTED, DONE]
    assert [chunk.text for chunk in chunks] == ["one two", "", ""]
    assert [chunk.usage for chunk in chunks] == [None, Usage(input_uncached=7, output=2), None]
    assert [chunk.usage_only for chunk in chunks] == [False, True, False]


@given(st.lists(st.integers(0, 400)))
def test_the_bytes_and_the_usage_are_the_same_wherever_they_were_split(cuts: list[int]) -> None:
    answer = b"".join(WHOLE)
    places = [0, *sorted(cut % len(answer) for cut in cuts), len(answer)]
    chunks = fed(*(answer[start:end] for start, end in pairwise(places)))
    assert b"".join(chunk.data for chunk in chunks) == answer
    assert "".join(chunk.text for chunk in chunks) == "one two"
    assert [chunk.data for chunk in chunks if chunk.usage] == [COUNTED]


def test_usage_on_the_last_piece_of_text_is_not_alone() -> None:
    [chunk] = AnswerStream(CHAT).feed(said("one", usage=USAGE))
    assert (chunk.text, chunk.usage_only, chunk.usage) == ("one", False, Usage(input_uncached=7, output=2))


def test_a_finished_stream_gets_the_done_that_it_lacks() -> None:
    assert fed(said("one"), FINISH)[-1] == Chunk(data=DONE)


def test_a_whole_stream_gets_nothing_more() -> None:
    assert b"".join(chunk.data for chunk in fed(*WHOLE)) == b"".join(WHOLE)


def test_a_stream_that_is_done_needs_no_reason_to_finish() -> None:
    assert [chunk.data for chunk in fed(said("one"), DONE)] == [said("one"), DONE]


@pytest.mark.parametrize("pieces", [[said("one")], [said("one"), FINISH[:-2]]])
def test_a_cut_stream_is_broken(pieces: list[bytes]) -> None:
    with pytest.raises(StreamBroken, match="ended before the answer did"):
        fed(*pieces)


def test_a_stream_without_an_event_has_not_begun() -> None:
    with pytest.raises(ProviderBroken):
        fed(b": alive\n\n")


def test_an_error_in_place_of_an_answer_is_a_failure_of_the_provider() -> None:
    with pytest.raises(ProviderBroken, match="reported an error"):
        fed(event(error={"message": "overloaded"}))


def test_an_error_in_mid_answer_breaks_the_stream() -> None:
    with pytest.raises(StreamBroken, match="reported an error"):
        fed(said("one"), event(error="overloaded"))


def test_a_malformed_event_in_mid_answer_breaks_it() -> None:
    with pytest.raises(StreamBroken, match="not JSON"):
        fed(said("one"), b"data: {half\n\n", FINISH)


def test_an_event_that_nobody_here_understands_is_passed_on() -> None:
    odd = event(choices="none", weather="fine")
    assert b"".join(chunk.data for chunk in fed(odd, said("one"), odd, FINISH)) == (
        odd + said("one") + odd + FINISH + DONE
    )


def test_a_malformed_event_is_no_beginning() -> None:
    with pytest.raises(ProviderBroken, match="not JSON"):
        fed(b"data: <html>\n\n")


def test_comments_begin_nothing_and_are_passed_on_with_what_does() -> None:
    stream = AnswerStream(CHAT)
    assert (stream.feed(b": alive\n\n"), stream.begun, stream.moved) == ([], False, False)
    assert [chunk.data for chunk in stream.feed(said("one"))] == [b": alive\n\n", said("one")]
    assert (stream.begun, stream.moved) == (True, True)
    assert [chunk.data for chunk in stream.feed(b": alive\n\n")] == [b": alive\n\n"]
    assert not stream.moved


def test_an_envelope_begins_nothing() -> None:
    role = event(choices=[{"delta": {"role": "assistant", "content": ""}}])
    stream = AnswerStream(CHAT)
    assert (stream.feed(role), stream.begun, stream.moved) == ([], False, True)
    assert [chunk.data for chunk in stream.feed(said("one"))] == [role, said("one")]


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "well"},
        {"reasoning": "well"},
        {"refusal": "no"},
        {"tool_calls": [{"function": {"name": "f"}}]},
        {"function_call": {"name": "f"}},
        {"audio": {"data": "AA=="}},
    ],
)
def test_whatever_a_model_can_say_begins_its_answer(delta: Any) -> None:
    stream = AnswerStream(CHAT)
    stream.feed(event(choices=[{"delta": delta}]))
    assert stream.begun


def test_a_stream_of_several_choices_is_whole_when_each_of_them_is() -> None:
    first, second = (event(choices=[{"index": n, "delta": {}, "finish_reason": "stop"}]) for n in (0, 1))
    stream = AnswerStream(CHAT, choices=2)
    stream.feed(said("one") + first)
    with pytest.raises(StreamBroken, match="ended before the answer did"):
        stream.end()
    stream.feed(second)
    assert stream.end() == [Chunk(data=DONE)]


def test_choices_that_nobody_asked_for_must_be_whole_too() -> None:
    stream = AnswerStream(CHAT)
    stream.feed(event(choices=[{"index": 1, "delta": {"content": "one"}}]) + FINISH)
    with pytest.raises(StreamBroken):
        stream.end()


@given(st.integers(0, len(b"".join(WHOLE))))
def test_an_answer_that_is_cut_anywhere_before_its_reason_to_finish_never_looks_whole(length: int) -> None:
    came = b"".join(WHOLE)[:length]
    try:
        chunks = fed(came)
    except (ProviderBroken, StreamBroken):
        assert FINISH not in came
    else:
        assert FINISH in came
        assert b"".join(chunk.data for chunk in chunks).endswith(DONE)


HOSTILE = st.lists(
    st.sampled_from([*WHOLE, b": alive\n\n", b"data: {\n\n", b"data: []\n\n", b"\xff\n\n", b"\r\n", b"data:"])
    | st.binary(max_size=20)
)


@given(HOSTILE, st.lists(st.integers(0, 1_000)))
def test_whatever_comes_the_end_is_the_same_wherever_it_was_split(
    pieces: list[bytes], cuts: list[int]
) -> None:
    came = b"".join(pieces)
    places = [0, *sorted(cut % (len(came) + 1) for cut in cuts), len(came)]
    assert outcome(came) == outcome(*(came[start:end] for start, end in pairwise(places)))


def outcome(*pieces: bytes, wire: Wire = CHAT) -> bytes | str:
    """What the caller gets, or how the provider failed."""
    stream = AnswerStream(wire)
    try:
        chunks = [chunk for piece in pieces for chunk in stream.feed(piece)] + stream.end()
        return b"".join(chunk.data for chunk in chunks)
    except (ProviderBroken, StreamBroken) as broken:
        return repr(broken)


MESSAGE = [
    named("message_start", message={"usage": {"input_tokens": 7, "output_tokens": 1}}),
    named("content_block_start", content_block={"type": "text"}),
    named("ping"),
    named("content_block_delta", delta={"type": "text_delta", "text": "one ñ "}),
    named("content_block_delta", delta={"type": "text_delta", "text": "語🙂"}),
    named("message_delta", delta={"stop_reason": "end_turn"}, usage={"output_tokens": 2}),
    named("message_stop"),
]
TOLD = {"input_tokens": 7, "output_tokens": 2, "total_tokens": 9}
RESPONSE = [
    named("response.created", response={"id": "r"}),
    named("response.output_text.delta", delta="one ñ "),
    named("response.output_text.delta", delta="語🙂"),
    named("response.completed", response={"id": "r", "usage": TOLD}),
]
FORMATS = pytest.mark.parametrize(
    ("wire", "whole"), [(MESSAGES, MESSAGE), (RESPONSES, RESPONSE)], ids=["messages", "responses"]
)
ODD = [b": alive\n\n", b"data: {\n\n", b"data: []\n\n", b"event: x\n\n", b"\xff\n\n", b"\r\n", b"data:", DONE]
CUTS = st.lists(st.integers(0, 2_000))


@FORMATS
@given(cuts=CUTS)
def test_no_format_minds_where_its_bytes_were_split(wire: Wire, whole: list[bytes], cuts: list[int]) -> None:
    stream, came = AnswerStream(wire), b"".join(whole)
    chunks = [chunk for piece in cut_up(came, cuts) for chunk in stream.feed(piece)] + stream.end()
    assert b"".join(chunk.data for chunk in chunks) == came
    assert "".join(chunk.text for chunk in chunks) == "one ñ 語🙂"
    assert [chunk.usage for chunk in chunks if chunk.usage][-1] == Usage(input_uncached=7, output=2)


@FORMATS
@given(data=st.data(), cuts=CUTS)
def test_whatever_comes_in_any_format_the_end_is_the_same_wherever_it_was_split(
    wire: Wire, whole: list[bytes], data: st.DataObject, cuts: list[int]
) -> None:
    pieces = data.draw(st.lists(st.sampled_from([*whole, *ODD]) | st.binary(max_size=20)))
    came = b"".join(pieces)
    assert outcome(came, wire=wire) == outcome(*cut_up(came, cuts), wire=wire)


@FORMATS
@given(length=st.integers(0, 2_000))
def test_no_format_looks_whole_when_it_was_cut(wire: Wire, whole: list[bytes], length: int) -> None:
    came = b"".join(whole)[:length]
    # After its reason to stop, a message lacks nothing but the event that says so: that is added.
    finished = b"".join(whole[:-1] if wire is MESSAGES else whole)
    assert isinstance(outcome(came, wire=wire), bytes) == came.startswith(finished)


def cut_up(came: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(came) + 1) for cut in cuts), len(came)]
    return [came[start:end] for start, end in pairwise(places)]


@pytest.mark.parametrize(("before", "error"), [(b"", ProviderBroken), (said("one"), StreamBroken)])
def test_an_endless_event_is_given_up(before: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="an event of more than"):
        fed(before, b"x" * (LONGEST + 1))


def test_parts_in_place_of_text_are_an_answer_too() -> None:
    thought = event(choices=[{"delta": {"content": [{"type": "thinking"}]}, "finish_reason": "stop"}])
    assert [chunk.data for chunk in fed(thought)] == [thought, DONE]


@pytest.mark.parametrize(
    ("wire", "envelope", "word"),
    [
        (
            MESSAGES,
            [
                named("message_start", message={"usage": {"input_tokens": 7, "output_tokens": 1}}),
                named("ping"),
            ],
            named("content_block_delta", delta={"text": "one"}),
        ),
        (
            RESPONSES,
            [named("response.created", response={"id": "r"}), named("response.in_progress", response={})],
            named("response.output_text.delta", delta="one"),
        ),
    ],
    ids=["messages", "responses"],
)
def test_no_format_begins_with_its_envelope(wire: Wire, envelope: list[bytes], word: bytes) -> None:
    stream = AnswerStream(wire)
    assert [stream.feed(piece) for piece in envelope] == [[], []]
    assert not stream.begun
    assert b"".join(chunk.data for chunk in stream.feed(word)) == b"".join(envelope) + word
    assert stream.begun


@pytest.mark.parametrize(("wire", "sign"), [(MESSAGES, "ping"), (RESPONSES, "keepalive")])
def test_a_sign_of_life_gets_an_answer_nowhere(wire: Wire, sign: str) -> None:
    stream = AnswerStream(wire)
    stream.feed(named(sign))
    assert (stream.begun, stream.moved) == (False, False)


@pytest.mark.parametrize(
    ("wire", "word", "end"),
    [
        (MESSAGES, named("content_block_delta", delta={"text": "one"}), named("message_stop")),
        (RESPONSES, named("response.output_text.delta", delta="one"), named("response.completed")),
    ],
)
def test_an_answer_without_its_end_is_broken_in_every_format(wire: Wire, word: bytes, end: bytes) -> None:
    stream = AnswerStream(wire)
    stream.feed(word)
    with pytest.raises(StreamBroken, match="ended before the answer did"):
        stream.end()
    stream.feed(end)
    assert stream.end() == []


def test_an_answer_that_fails_in_mid_response_is_broken() -> None:
    stream = AnswerStream(RESPONSES)
    with pytest.raises(StreamBroken, match="reported an error"):
        stream.feed(named("response.output_text.delta", delta="one") + named("response.failed"))
