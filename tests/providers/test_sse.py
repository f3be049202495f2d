from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.providers.sse import LONGEST, EventTooLong, Splitter, payload

PIECES = [
    "data: ",
    "data:",
    "{}",
    ": comment",
    "event: x",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\r\n\r\n",
    "\r\r",
    "\n\r\n",
    "ñ語🙂",
]
streams = st.lists(st.sampled_from(PIECES)).map("".join).map(str.encode)


def in_pieces(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    return [stream[start:end] for start, end in pairwise(places)]


def split(pieces: list[bytes]) -> tuple[list[bytes], bytes]:
    splitter = Splitter()
    events = [event for piece in pieces for event in splitter.feed(piece)]
    return events, splitter.rest


@given(streams, st.lists(st.integers(0, 1_000)))
def test_it_does_not_matter_where_the_bytes_were_split(stream: bytes, cuts: list[int]) -> None:
    assert split(in_pieces(stream, cuts)) == split([stream])


@given(streams, st.lists(st.integers(0, 1_000)))
def test_no_byte_is_lost(stream: bytes, cuts: list[int]) -> None:
    events, rest = split(in_pieces(stream, cuts))
    assert b"".join(events) + rest == stream


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_ends_with_an_empty_line(end: bytes) -> None:
    events, rest = split([b"data: 1" + end * 2 + b": alive" + end * 2 + b"data: 2"])
    assert events == [b"data: 1" + end * 2, b": alive" + end * 2]
    assert rest == b"data: 2"


@pytest.mark.parametrize(
    ("event", "data"),
    [
        (b"data: {}\n\n", b"{}"),
        (b"data:{}\n\n", b"{}"),
        (b"data: {}\r\n\r\n", b"{}"),
        (b"data: {}\r\r", b"{}"),
        (b"data: a\ndata: b\n\n", b"a\nb"),
        (b"event: message\nid: 7\ndata: {}\n\n", b"{}"),
        (b": alive\ndata: {}\n\n", b"{}"),
        (b": alive\n\n", b""),
        (b"\n\n", b""),
        (b"data:  two blanks\n\n", b" two blanks"),
    ],
)
def test_the_payload_of_an_event_is_its_data(event: bytes, data: bytes) -> None:
    assert payload(event) == data


def test_an_event_without_an_end_is_given_up() -> None:
    splitter = Splitter()
    splitter.feed(b"x" * LONGEST)
    with pytest.raises(EventTooLong, match="more than 8388608 bytes"):
        splitter.feed(b"x")
