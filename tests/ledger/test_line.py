from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.event import UsageEvent
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.line import DamagedLine, events_in, from_line, to_line
from routergate.ledger.posting import posting
from support.events import an_event
from support.ledgers import events


def numbered(*happened: UsageEvent, sequence: int = 1) -> Numbered:
    postings = [posting(event) for event in happened]
    return Numbered("host:0:1", sequence, batch("acme", postings, 1000))


@given(st.lists(events(), min_size=1, max_size=5), st.integers(1, 2**53))
def test_what_is_read_is_what_was_written(happened: list[UsageEvent], sequence: int) -> None:
    work = numbered(*happened, sequence=sequence)
    line = to_line(work)

    assert line.count(b"\n") == 1
    assert from_line(line.removesuffix(b"\n")) == work
    assert events_in(line) == len(happened)


@given(st.data())
def test_a_line_with_any_other_byte_is_damaged(data: st.DataObject) -> None:
    line = bytearray(to_line(numbered(an_event())).removesuffix(b"\n"))
    line[data.draw(st.integers(0, len(line) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(DamagedLine):
        from_line(bytes(line))


@pytest.mark.parametrize("line", [b"", b"x", b"x y z", b"abc 12345678901234567890 {}", b"a 1"])
def test_what_was_never_a_line_is_damaged(line: bytes) -> None:
    assert events_in(line) in {0, 1}
    with pytest.raises(DamagedLine):
        from_line(line)


def test_a_line_of_another_layout_is_damaged_and_not_guessed_at() -> None:
    good = to_line(numbered(an_event()))
    _, _, text = good.removesuffix(b"\n").partition(b" ")
    other = text.replace(b'"writer"', b'"author"')
    checksum = blake2b(other, digest_size=8).hexdigest().encode()

    with pytest.raises(DamagedLine, match="another version"):
        from_line(checksum + b" " + other)
