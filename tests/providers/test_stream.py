from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.dialect import CHAT, DONE
from routergate.providers.sse import LONGEST
from routergate.providers.stream import AnswerStream

USAGE = {"prompt_tokens": 7, "completion_tokens": 2}


def event(**body: Any) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"


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


def test_a_malformed_event_in_mid_answer_is_passed_on() -> None:
    odd = b"data: {half\n\n"
    assert (
        b"".join(chunk.data for chunk in fed(said("one"), odd, FINISH)) == said("one") + odd + FINISH + DONE
    )


def test_a_malformed_event_is_no_beginning() -> None:
    with pytest.raises(ProviderBroken, match="not JSON"):
        fed(b"data: <html>\n\n")


def test_comments_are_passed_on_and_begin_nothing() -> None:
    stream = AnswerStream(CHAT)
    assert [chunk.data for chunk in stream.feed(b": alive\n\n")] == [b": alive\n\n"]
    assert not stream.begun


@pytest.mark.parametrize(("before", "error"), [(b"", ProviderBroken), (said("one"), StreamBroken)])
def test_an_endless_event_is_given_up(before: bytes, error: type[Exception]) -> None:
    with pytest.raises(error, match="an event of more than"):
        fed(before, b"x" * (LONGEST + 1))


def test_parts_in_place_of_text_are_an_answer_too() -> None:
    thought = event(choices=[{"delta": {"content": [{"type": "thinking"}]}, "finish_reason": "stop"}])
    assert [chunk.data for chunk in fed(thought)] == [thought, DONE]
