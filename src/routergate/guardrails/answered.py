"""The texts in an answer, streamed or not, in every format, and the answer with others in their place."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

import msgspec

from routergate.domain.format import Format
from routergate.ports import Chunk

Channel: TypeAlias = tuple[object, ...]
"""One text of an answer: whose pieces belong together."""
_EVENTS: Final = re.compile(rb"(?<=\n\n)|(?<=\r\n\r\n)|(?<=\r\r)")
_SAID: Final = ("content", "reasoning_content", "refusal")
_DELTAS: Final = frozenset({"response.output_text.delta", "response.refusal.delta"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A piece of a text, and where it stands."""

    channel: Channel
    holder: dict[str, Any]
    key: str
    whole: bool = False
    """Whether it says again what has been said in pieces."""
    proof: dict[str, Any] = field(default_factory=dict)
    """What may hold the same once more, token by token, in its `logprobs`."""

    @property
    def text(self) -> str:
        """As it came, or as it was written since."""
        return str(self.holder[self.key])

    def write(self, text: str) -> None:
        """Put another text here."""
        self.holder[self.key] = text
        if "logprobs" in self.proof:
            self.proof["logprobs"] = [] if isinstance(self.proof["logprobs"], list) else None


Read: TypeAlias = Callable[[dict[str, Any]], Iterator[Leaf]]


def _choices(event: dict[str, Any]) -> Iterator[Leaf]:
    for choice in _objects(event.get("choices")):
        message = choice.get("message") or choice.get("delta")
        said = message if isinstance(message, dict) else {}
        if isinstance(choice.get("text"), str):
            yield Leaf((choice.get("index"),), choice, "text", proof=choice)
        for key in _SAID:
            if isinstance(said.get(key), str):
                yield Leaf((choice.get("index"), key), said, key, proof=choice)


def _messages(event: dict[str, Any]) -> Iterator[Leaf]:
    piece = event.get("delta") or event.get("content_block")
    blocks = [(event.get("index"), piece), *enumerate(event.get("content") or ())]
    for index, block in blocks:
        if isinstance(block, dict) and isinstance(block.get("text"), str):
            yield Leaf((index,), block, "text")


def _responses(event: dict[str, Any]) -> Iterator[Leaf]:
    item, part = event.get("output_index"), event.get("content_index")
    if event.get("type") in _DELTAS:
        yield Leaf((item, part), event, "delta", proof=event)
    elif part is not None:
        yield from _part((item, part), event)
        yield from _part((item, part), event.get("part"))
    yield from _item(item, event.get("item"))
    for index, one in enumerate(_objects((event.get("response") or event).get("output"))):
        yield from _item(index, one)


def _item(index: Any, item: Any) -> Iterator[Leaf]:
    content = item.get("content") if isinstance(item, dict) else None
    for number, part in enumerate(_objects(content)):
        yield from _part((index, number), part)


def _part(channel: Channel, part: Any) -> Iterator[Leaf]:
    for key in ("text", "refusal"):
        if isinstance(part, dict) and isinstance(part.get(key), str):
            yield Leaf(channel, part, key, whole=True, proof=part)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _nothing(_: dict[str, Any]) -> Iterator[Leaf]:
    return iter(())


READERS: Final[Mapping[Format, Read]] = {
    Format.CHAT: _choices,
    Format.COMPLETIONS: _choices,
    Format.MESSAGES: _messages,
    Format.RESPONSES: _responses,
    Format.EMBEDDINGS: _nothing,
}


@dataclass(slots=True)
class Event:
    """One event of a stream, or a plain answer."""

    raw: bytes
    value: Any = None
    leaves: list[Leaf] = field(default_factory=list)
    changed: bool = False

    @classmethod
    def of(cls, raw: bytes, read: Read) -> "Event":
        """What cannot be read has no text."""
        body = b"\n".join(line[5:] for line in raw.splitlines() if line.startswith(b"data:"))
        try:
            value = msgspec.json.decode(body or raw)
        except msgspec.MsgspecError:
            return cls(raw)
        return cls(raw, value, list(read(value)) if isinstance(value, dict) else [])

    def data(self) -> bytes:
        """As it came, or written anew."""
        if not self.changed:
            return self.raw
        encoded = msgspec.json.encode(self.value)
        if self.raw.lstrip()[:1] == b"{":
            return encoded
        others = [line for line in self.raw.splitlines() if line and not line.startswith(b"data:")]
        return b"\n".join([*others, b"data: " + encoded, b"", b""])


class Transcript:
    """A whole answer, and what it says."""

    def __init__(self, spoken: Format, chunks: Sequence[Chunk]) -> None:
        read = READERS[spoken]
        self._parts = [(chunk, [Event.of(raw, read) for raw in _split(chunk.data)]) for chunk in chunks]

    def texts(self) -> dict[Channel, str]:
        """Every text that is there, whole."""
        pieces: dict[Channel, str] = {}
        again: dict[Channel, str] = {}
        for _, leaf in self._leaves():
            told = again if leaf.whole else pieces
            told[leaf.channel] = leaf.text if leaf.whole else told.get(leaf.channel, "") + leaf.text
        return {channel: text for channel, text in {**again, **pieces}.items() if text}

    def write(self, channel: Channel, text: str) -> None:
        """Another text: all of it where the first piece was, and wherever the whole is said again."""
        said = False
        for event, leaf in self._leaves():
            if leaf.channel == channel and leaf.text:
                leaf.write(text if leaf.whole or not said else "")
                said, event.changed = said or not leaf.whole, True

    def chunks(self) -> list[Chunk]:
        """The answer; what nobody wrote to is there byte for byte."""
        return [
            replace(chunk, data=b"".join(event.data() for event in events)) for chunk, events in self._parts
        ]

    def _leaves(self) -> Iterator[tuple[Event, Leaf]]:
        return ((event, leaf) for _, events in self._parts for event in events for leaf in event.leaves)


def _split(data: bytes) -> list[bytes]:
    """A plain answer is one event."""
    return [data] if data.lstrip()[:1] == b"{" else [event for event in _EVENTS.split(data) if event]
