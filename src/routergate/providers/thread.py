"""A streamed chat answer that goes on from elsewhere: what the caller has, and how the rest is joined."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec
from msgspec import Raw

from routergate.domain.overlap import AnswerDiverged, Overlap
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Thread
from routergate.providers.dialect import Delta
from routergate.providers.sse import Splitter, payload

ENVELOPE: Final = ("id", "created")
"""What the caller's first event says stays so in all of them; each names the model that wrote it."""
LEFT_OUT: Final = frozenset({"role", "reasoning_content", "reasoning"})
DONE: Final = b"[DONE]"
UNKNOWN: Final = "the second answer has what cannot be joined to the first"


class Choice(msgspec.Struct):
    index: int | None = None
    delta: Delta | None = None
    finish_reason: str | None = None
    logprobs: Any = None


class Event(msgspec.Struct):
    choices: list[Choice] = []


class Counts(msgspec.Struct):
    prompt_tokens: int = 0
    completion_tokens: int = 0


_event: Final = msgspec.json.Decoder(Event).decode
_object: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_objects: Final = msgspec.json.Decoder(list[dict[str, Raw]]).decode
_counts: Final = msgspec.json.Decoder(Counts).decode
_encode: Final = msgspec.json.Encoder().encode


@dataclass(slots=True)
class ChatThread:
    """One answer in OpenAI's chat format."""

    _said: list[str] = field(default_factory=list)
    _envelope: Mapping[str, Raw] = field(default_factory=dict)
    _plain: bool = True
    """Whether it goes on, and is one text and nothing else."""

    @property
    def text(self) -> str | None:
        """What it says so far; `None`: it cannot go on, as it is over or there is more to it than text."""
        return "".join(self._said) if self._plain else None

    def told(self, chunk: Chunk) -> None:
        """Note a piece that goes to the caller."""
        for data in map(payload, Splitter().feed(chunk.data)):
            if data and data != DONE:
                self._note(data)

    def joined(self, chunk: Chunk, overlap: Overlap, paid: Usage) -> Chunk:
        """A piece of another answer as if it were of this one; comments are left out."""
        events = [payload(event) for event in Splitter().feed(chunk.data)]
        pieces = [self._joined(event, overlap, paid) for event in events if event]
        return replace(chunk, data=b"".join(b"data: " + piece + b"\n\n" for piece in pieces if piece))

    def _note(self, data: bytes) -> None:
        try:
            whole, event = _object(data), _event(data)
        except msgspec.MsgspecError:
            self._plain = False  # what it says is between the provider and the caller
            return
        self._envelope = self._envelope or {name: whole[name] for name in ENVELOPE if name in whole}
        for choice in event.choices:
            delta = choice.delta or Delta()
            self._plain = self._plain and _goes_on(choice, delta)
            self._said.append(delta.content if isinstance(delta.content, str) else "")

    def _joined(self, data: bytes, overlap: Overlap, paid: Usage) -> bytes:
        """One event; nothing if the caller has all of it."""
        if data == DONE:
            overlap.end()
            return data
        try:
            whole, event = _object(data), _event(data)
        except msgspec.MsgspecError as error:
            raise AnswerDiverged(UNKNOWN) from error
        choices = [_rest(raw, choice, overlap) for raw, choice in _pairs(whole, event)]
        if choices and not any(choices):
            return b""
        joined = {"choices": choices} if choices else {}
        return _encode({**whole, **self._envelope, **_usage(whole, paid), **joined})


def _pairs(whole: Mapping[str, Raw], event: Event) -> list[tuple[dict[str, Raw], Choice]]:
    """The choices, as they came and as they are read; there may be one."""
    if any(choice.index for choice in event.choices) or len(event.choices) > 1:
        raise AnswerDiverged(UNKNOWN)
    return list(zip(_objects(whole.get("choices", b"[]")), event.choices, strict=True))


def _rest(raw: Mapping[str, Raw], choice: Choice, overlap: Overlap) -> dict[str, Any] | None:
    """A choice, less what the caller has; thoughts before that are nobody's business any more."""
    delta, again = choice.delta or Delta(), overlap.left
    if (_acts(delta) if again else _thinks(delta)) or not isinstance(delta.content, str | None):
        raise AnswerDiverged(UNKNOWN)
    text = overlap.new(delta.content or "")
    if choice.finish_reason:
        overlap.end()
    if not (text or choice.finish_reason or _acts(delta)):
        return None
    said = {name: it for name, it in _object(raw.get("delta", b"{}")).items() if name not in LEFT_OUT}
    return {**raw, "delta": {**said, "content": text} if text or "content" in said else said}


def _usage(whole: Mapping[str, Raw], paid: Usage) -> dict[str, Any]:
    """The usage of an event, if it has any, with what was paid for the answers before."""
    told = bytes(whole.get("usage", b"null"))
    if told == b"null":
        return {}
    usage, counted = _object(told), _counts(told)
    read, written = counted.prompt_tokens + paid.input_total, counted.completion_tokens + paid.output_total
    summed = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    return {"usage": {**usage, **summed}}


def _goes_on(choice: Choice, delta: Delta) -> bool:
    """Whether it is one text and nothing else, of which more is to come."""
    more = choice.index or choice.finish_reason or choice.logprobs is not None
    return not (more or _acts(delta) or _thinks(delta)) and isinstance(delta.content, str | None)


def _acts(delta: Delta) -> bool:
    return bool(delta.tool_calls or delta.function_call or delta.audio or delta.refusal)


def _thinks(delta: Delta) -> bool:
    return bool(delta.reasoning_content or delta.reasoning)


_: type[Thread] = ChatThread
