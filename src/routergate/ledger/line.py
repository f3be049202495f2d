"""A batch as one line of a file, with a checksum; pure."""

from hashlib import blake2b

import msgspec

from routergate.ledger.batch import Batch, Numbered


class DamagedLine(ValueError):
    """A line that is not what was written."""


class _Content(msgspec.Struct, frozen=True, kw_only=True):
    writer: str
    sequence: int
    organisation: str
    keys: tuple[str, ...]
    contents: tuple[msgspec.Raw, ...]
    """As they are: JSON inside JSON."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Content)


def to_line(numbered: Numbered) -> bytes:
    """`<checksum> <number of events> <JSON>`, and the end of the line."""
    work = numbered.batch
    content = _Content(
        writer=numbered.writer,
        sequence=numbered.sequence,
        organisation=work.organisation,
        keys=work.keys,
        contents=tuple(msgspec.Raw(content) for content in work.contents),
    )
    text = b"%d %b" % (work.size, _encoder.encode(content))
    return b"%b %b\n" % (_checksum(text), text)


def from_line(line: bytes) -> Numbered:
    """The batch that `to_line` wrote, from the line without its end; raises `DamagedLine`."""
    checksum, _, text = line.partition(b" ")
    if checksum != _checksum(text):
        raise DamagedLine("the checksum does not match")
    size, _, content = text.partition(b" ")
    try:
        read = _decoder.decode(content)
    except msgspec.DecodeError as error:
        raise DamagedLine(f"written by another version? {error}") from error
    work = Batch(
        organisation=read.organisation,
        size=int(size),
        keys=read.keys,
        contents=tuple(bytes(content) for content in read.contents),
    )
    return Numbered(read.writer, read.sequence, work)


def events_in(line: bytes) -> int:
    """How many events a line says that it holds, at a glance; 0 if it is damaged there."""
    size = line.split(b" ", 2)[1:2]
    return int(size[0]) if size and size[0].isdigit() and len(size[0]) < 7 else 0


def _checksum(text: bytes) -> bytes:
    return blake2b(text, digest_size=8).hexdigest().encode()
