"""An answer in Anthropic's Messages format → OpenAI's chat format."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.ports import Chunk
from routergate.providers.sse import Splitter, payload
from routergate.providers.translation.terms import FINISH_REASON, Tree, encode, given

DONE: Final = b"data: [DONE]\n\n"
_KNOWN: Final = frozenset({"id", "type", "role", "model", "content", "stop_reason", "stop_sequence", "usage"})


class Message(msgspec.Struct):
    id: str = ""
    model: str = ""
    content: list[Tree] = []
    stop_reason: str | None = None


class Event(msgspec.Struct):
    type: str
    index: int = 0
    message: Message | None = None
    content_block: Tree = {}
    delta: Tree = {}


_message: Final = msgspec.json.Decoder(Message).decode
_event: Final = msgspec.json.Decoder(Event).decode
_whole: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def plain(body: bytes, usage: Usage | None, created: int) -> bytes:
    """A whole answer."""
    message = _message(body)
    others = {name: value for name, value in _whole(body).items() if name not in _KNOWN}
    choice = {
        "index": 0,
        "message": _said(message.content),
        "logprobs": None,
        "finish_reason": FINISH_REASON.get(message.stop_reason or "", "stop"),
    }
    envelope = {"id": message.id, "object": "chat.completion", "created": created, "model": message.model}
    return encode({**others, **envelope, "choices": [choice], "usage": usage_object(usage)})


def usage_object(usage: Usage | None) -> Tree | None:
    """OpenAI's account of the tokens, with the cache writes under the name that litellm has for them."""
    if usage is None:
        return None
    written = usage.cache_write + usage.cache_write_1h
    return {
        "prompt_tokens": usage.input_total,
        "completion_tokens": usage.output_total,
        "total_tokens": usage.input_total + usage.output_total,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read, "cache_creation_tokens": written},
        "completion_tokens_details": {"reasoning_tokens": usage.reasoning},
    }


def _said(blocks: list[Tree]) -> Tree:
    texts = [block.get("text") or "" for block in blocks if block.get("type") == "text"]
    thoughts = [block for block in blocks if block.get("type") in {"thinking", "redacted_thinking"}]
    calls = [_call(block) for block in blocks if block.get("type") == "tool_use"]
    thought = "".join(block.get("thinking") or "" for block in thoughts)
    return {
        "role": "assistant",
        "content": "".join(texts) if texts else None,
        "refusal": None,
        **given(
            tool_calls=calls or None,
            reasoning_content=thought or None,
            thinking_blocks=thoughts or None,
        ),
    }


def _call(block: Tree) -> Tree:
    function = {"name": block.get("name"), "arguments": encode(block.get("input") or {}).decode()}
    return {"id": block.get("id"), "type": "function", "function": function}


@dataclass(slots=True)
class Stream:
    """A streamed answer on its way from one format into the other."""

    created: int
    _splitter: Splitter = field(default_factory=Splitter)
    _message: Message = field(default_factory=Message)
    _calls: dict[int, int] = field(default_factory=dict)
    """The place among the calls, by the index of the block."""
    _thinking: Tree | None = None

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """The same piece of the answer. Usage goes in an event of its own, as OpenAI has it."""
        pieces: list[bytes] = []
        done = False
        for event in self._splitter.feed(chunk.data):
            read = _read(payload(event))
            if read is None:
                continue
            done = done or read.type == "message_stop"
            pieces += (self._event(choices=[choice]) for choice in self._choices(read))
        if pieces or chunk.opening:
            yield replace(chunk, data=b"".join(pieces), usage=None)
        if chunk.usage:
            data = self._event(choices=[], usage=usage_object(chunk.usage))
            yield Chunk(data=data, usage=chunk.usage, usage_only=True, service_tier=chunk.service_tier)
        if done:
            yield Chunk(data=DONE)

    def _choices(self, event: Event) -> Iterator[Tree]:
        """What an event says, in OpenAI's words; most of the others' envelope has no like."""
        if event.type == "message_start":
            self._message = event.message or Message()
            yield _choice({"role": "assistant", "content": ""})
        elif event.type == "content_block_start":
            yield from self._opened(event)
        elif event.type == "content_block_delta":
            yield from self._written(event)
        elif event.type == "content_block_stop" and self._thinking is not None:
            thought, self._thinking = self._thinking, None
            yield _choice({"thinking_blocks": [thought]})
        elif event.type == "message_delta" and event.delta.get("stop_reason"):
            yield _choice({}, FINISH_REASON.get(event.delta["stop_reason"], "stop"))

    def _opened(self, event: Event) -> Iterator[Tree]:
        block = event.content_block
        if block.get("type") in {"thinking", "redacted_thinking"}:
            self._thinking = dict(block)
        elif block.get("type") == "tool_use":
            place = self._calls.setdefault(event.index, len(self._calls))
            function = {"name": block.get("name"), "arguments": ""}
            opening = {"index": place, "id": block.get("id"), "type": "function", "function": function}
            yield _choice({"tool_calls": [opening]})
        elif block.get("text"):
            yield _choice({"content": block["text"]})

    def _written(self, event: Event) -> Iterator[Tree]:
        delta = event.delta
        if delta.get("type") == "text_delta":
            yield _choice({"content": delta.get("text")})
        elif delta.get("type") == "input_json_delta" and event.index in self._calls:
            function = {"arguments": delta.get("partial_json")}
            yield _choice({"tool_calls": [{"index": self._calls[event.index], "function": function}]})
        elif self._thinking is not None:
            # Thoughts go out as they come, and once more as a whole with the signature that sends them back.
            for name in delta.keys() & {"thinking", "signature"}:
                self._thinking[name] = (self._thinking.get(name) or "") + delta[name]
            if delta.get("thinking"):
                yield _choice({"reasoning_content": delta["thinking"]})

    def _event(self, **fields: Any) -> bytes:
        envelope = {
            "id": self._message.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self._message.model,
        }
        return b"data: " + encode({**envelope, **fields}) + b"\n\n"


def _read(data: bytes) -> Event | None:
    try:
        return _event(data)
    except msgspec.MsgspecError:
        return None  # a comment, or what nobody understands in mid-answer


def _choice(delta: Tree, reason: str | None = None) -> Tree:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}


def refusal(body: bytes) -> bytes:
    """A provider's refusal."""
    try:
        told = msgspec.json.decode(body)
    except msgspec.DecodeError:
        told = {}
    error = told.get("error") if isinstance(told, dict) else None
    found = error if isinstance(error, dict) else {}
    message = found.get("message") or "The provider refused the request."
    kind = found.get("type") or "invalid_request_error"
    return encode({"error": {"message": message, "type": kind, "param": None, "code": None}})
