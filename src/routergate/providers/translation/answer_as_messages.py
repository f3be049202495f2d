"""An answer in OpenAI's chat format → Anthropic's Messages format."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.sse import Splitter, payload
from routergate.providers.translation.terms import STOP_REASON, Tree, encode, given

_KNOWN: Final = frozenset({"id", "object", "created", "model", "choices", "usage", "service_tier"})


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    index: int = 0
    id: str | None = None
    function: Function | None = None


class Words(msgspec.Struct):
    """A message, or a piece of one."""

    content: Any = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    thinking_blocks: list[Tree] | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None

    @property
    def thought(self) -> str:
        return self.reasoning_content or self.reasoning or ""

    @property
    def text(self) -> str:
        """What is said, a refusal included; some servers say it in parts."""
        parts = self.content if isinstance(self.content, list) else []
        said = "".join(part.get("text") or "" for part in parts if isinstance(part, dict))
        return (self.content if isinstance(self.content, str) else said) + (self.refusal or "")


class Choice(msgspec.Struct):
    message: Words | None = None
    delta: Words | None = None
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    id: str = ""
    model: str = ""
    choices: list[Choice] = []


_completion: Final = msgspec.json.Decoder(Completion).decode
_whole: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def plain(body: bytes, usage: Usage | None) -> bytes:
    """A whole answer."""
    completion = _completion(body)
    choice = completion.choices[0]
    others = {name: value for name, value in _whole(body).items() if name not in _KNOWN}
    said = {
        "content": list(_blocks(choice.message or Words())),
        "stop_reason": STOP_REASON.get(choice.finish_reason or "", "end_turn"),
        "usage": usage_object(usage),
    }
    return encode({**others, **_envelope(completion), **said})


def usage_object(usage: Usage | None) -> Tree:
    """Anthropic's account of the tokens; null is unknown."""
    if usage is None:
        return {"input_tokens": None, "output_tokens": None}
    return {
        "input_tokens": usage.input_uncached + usage.audio_input,
        "cache_creation_input_tokens": usage.cache_write + usage.cache_write_1h,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output_total,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
    }


def _envelope(completion: Completion) -> Tree:
    return {
        "id": completion.id or "msg",
        "type": "message",
        "role": "assistant",
        "model": completion.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
    }


def _blocks(words: Words) -> Iterator[Tree]:
    if words.thinking_blocks:
        yield from words.thinking_blocks
    elif words.thought:
        yield {"type": "thinking", "thinking": words.thought, "signature": ""}
    if words.text:
        yield {"type": "text", "text": words.text}
    for call in words.tool_calls or ():
        yield {**_opening(call), "input": _arguments(call)}


def _opening(call: ToolCall) -> Tree:
    name = call.function.name if call.function else None
    return {"type": "tool_use", "id": call.id, "name": name, "input": {}}


def _arguments(call: ToolCall) -> Any:
    """What the model wrote, if it is JSON; as text where it is not, or not to the end."""
    written = (call.function.arguments if call.function else None) or "{}"
    try:
        return msgspec.json.decode(written)
    except msgspec.DecodeError:
        return {"arguments": written}


@dataclass(slots=True)
class Stream:
    """A streamed answer on its way from one format into the other."""

    _splitter: Splitter = field(default_factory=Splitter)
    _begun: bool = False
    _index: int = -1
    _open: str | None = None
    """The kind of the block that is being written: `text`, `thinking`, or a call by its index."""
    _reason: str = "end_turn"
    _usage: Usage | None = None

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """The same piece of the answer. Its usage is kept for the end, where Anthropic tells it."""
        self._usage = chunk.usage or self._usage
        events: list[bytes] = []
        done = False
        for event in self._splitter.feed(chunk.data):
            data = payload(event)
            done = done or data == b"[DONE]"
            events += self._events(data)
        if events:
            yield replace(chunk, data=b"".join(events), usage=None, usage_only=False)
        if done:
            yield from self._end()

    def _events(self, data: bytes) -> Iterator[bytes]:
        try:
            completion = _completion(data)
        except msgspec.MsgspecError:
            return  # a comment, the end, or what nobody understands in mid-answer
        if not self._begun:
            yield from self._beginning(completion)
        for choice in completion.choices[:1]:
            yield from self._written(choice.delta or Words())
            self._reason = STOP_REASON.get(choice.finish_reason or "", self._reason)

    def _beginning(self, completion: Completion) -> Iterator[bytes]:
        self._begun = True
        # Nobody has counted yet: Anthropic's own beginning is preliminary as well, and the end has it all.
        usage = {"input_tokens": 0, "output_tokens": 0}
        yield event("message_start", message={**_envelope(completion), "usage": usage})
        yield event("ping")

    def _written(self, words: Words) -> Iterator[bytes]:
        if words.thought:
            yield from self._within("thinking", {"type": "thinking", "thinking": "", "signature": ""})
            yield self._delta(type="thinking_delta", thinking=words.thought)
        for block in words.thinking_blocks or ():
            if block.get("signature") and self._open == "thinking":
                yield self._delta(type="signature_delta", signature=block["signature"])
        if words.text:
            yield from self._within("text", {"type": "text", "text": ""})
            yield self._delta(type="text_delta", text=words.text)
        for call in words.tool_calls or ():
            yield from self._called(call)

    def _called(self, call: ToolCall) -> Iterator[bytes]:
        yield from self._within(f"call {call.index}", _opening(call))
        if call.function and call.function.arguments:
            yield self._delta(type="input_json_delta", partial_json=call.function.arguments)

    def _within(self, kind: str, opening: Tree) -> Iterator[bytes]:
        """Go on in the block that is open, if it is of this kind; else close it and begin another one."""
        if self._open == kind:
            return
        yield from self._closed()
        self._index, self._open = self._index + 1, kind
        yield event("content_block_start", index=self._index, content_block=opening)

    def _closed(self) -> Iterator[bytes]:
        if self._open is not None:
            self._open = None
            yield event("content_block_stop", index=self._index)

    def _delta(self, **delta: Any) -> bytes:
        return event("content_block_delta", index=self._index, delta=delta)

    def _end(self) -> Iterator[Chunk]:
        if left := b"".join(self._closed()):
            yield Chunk(data=left)
        delta = {"stop_reason": self._reason, "stop_sequence": None}
        usage = usage_object(self._usage)
        yield Chunk(data=event("message_delta", delta=delta, usage=usage), usage=self._usage)
        yield Chunk(data=event("message_stop"))


def event(kind: str, **fields: Any) -> bytes:
    """A server-sent event, as Anthropic writes them."""
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), encode({"type": kind, **fields}))


def refusal(body: bytes) -> bytes:
    """A provider's refusal."""
    told = _error(body)
    kind = "not_found_error" if told.get("code") == "model_not_found" else "invalid_request_error"
    error = {"type": kind, "message": told.get("message") or "The provider refused the request."}
    return encode(
        {"type": "error", "error": {**error, **given(code=told.get("code"), param=told.get("param"))}}
    )


def _error(body: bytes) -> Tree:
    """OpenAI's error object, wherever its servers put it."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return {}
    error = told.get("error", told) if isinstance(told, dict) else {}
    return error if isinstance(error, dict) else {"message": str(error)}
