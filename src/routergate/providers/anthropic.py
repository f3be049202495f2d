"""Anthropic's Messages format, as far as it is read on its way through."""

from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.providers.wire import ONLY, Seen, Wire

VERSION: Final = "2023-06-01"
"""Of the API, where the caller names none: the one that still takes `temperature` and `top_p`, which are
translated for callers who speak OpenAI's format."""
STOP: Final = b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
PING: Final = "ping"
ENVELOPE: Final = frozenset({"message_start", PING})
"""Events that come before the answer: an overloaded provider may send them and then give up."""


class CacheWrites(msgspec.Struct):
    """By how long they are kept."""

    ephemeral_1h_input_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    thinking_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """Usage as Anthropic tells it: cached tokens stand beside the input, thinking is part of the output."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation: CacheWrites | None = None
    output_tokens_details: OutputDetails | None = None
    service_tier: Any = None


class Block(msgspec.Struct):
    """A block of the answer, a piece of one, or how the answer ended."""

    text: str | None = None
    thinking: str | None = None
    name: str | None = None
    partial_json: str | None = None
    input: Any = None
    stop_reason: str | None = None


class Message(msgspec.Struct):
    usage: WireUsage | None = None


class Event(msgspec.Struct):
    """A whole answer, or one event of a streamed one."""

    type: str
    message: Message | None = None
    content_block: Block | None = None
    delta: Block | None = None
    content: list[Block] | None = None
    usage: WireUsage | None = None


_decode: Final = msgspec.json.Decoder(Event).decode


class Reader:
    """Reads one answer. A streamed one tells its usage in two parts: the input first, the output last."""

    __slots__ = ("_told",)

    def __init__(self) -> None:
        self._told = WireUsage()

    def __call__(self, data: bytes) -> Seen:
        """What one event says, or a whole answer."""
        event = _decode(data)
        if event.type == "message_start" and event.message and event.message.usage:
            self._told = event.message.usage
            return Seen(begun=False, opening=_opening(self._told), service_tier=_tier(self._told))
        told = _merged(self._told, event.usage) if event.usage else None
        reason = event.delta.stop_reason if event.delta else None
        return Seen(
            begun=event.type not in ENVELOPE,
            moved=event.type != PING,
            finished=() if reason is None else ONLY,
            done=event.type == "message_stop",
            failed=event.type == "error" or (event.type == "message" and event.content is None),
            usage=usage_of(told) if told else None,
            text=_text(event),
            service_tier=_tier(told) if told else None,
        )


class Counted(msgspec.Struct):
    """The answer to `count_tokens`."""

    input_tokens: int


counted: Final = msgspec.json.Decoder(Counted).decode
COUNT: Final = "/count_tokens"
"""Below the path of the format."""
MESSAGES: Final = Wire(path="/messages", reader=Reader, end=STOP)


def usage_of(wire: WireUsage) -> Usage | None:
    """The same tokens in disjoint buckets; `None` unless input and output are given."""
    if wire.input_tokens is None or wire.output_tokens is None:
        return None
    kept = wire.cache_creation or CacheWrites()
    for_an_hour = _tokens(kept.ephemeral_1h_input_tokens)
    thought = _tokens(wire.output_tokens_details.thinking_tokens) if wire.output_tokens_details else 0
    return Usage(
        input_uncached=_tokens(wire.input_tokens),
        cache_read=_tokens(wire.cache_read_input_tokens),
        cache_write=_tokens(_tokens(wire.cache_creation_input_tokens) - for_an_hour),
        cache_write_1h=for_an_hour,
        output=_tokens(wire.output_tokens - thought),
        reasoning=thought,
    )


def _opening(wire: WireUsage) -> Usage | None:
    """The input alone: what was written by then is a token at most."""
    return usage_of(msgspec.structs.replace(wire, output_tokens=0, output_tokens_details=None))


def _merged(before: WireUsage, after: WireUsage) -> WireUsage:
    """What was said last of each number."""
    said = {
        name: value for name in WireUsage.__struct_fields__ if (value := getattr(after, name)) is not None
    }
    return msgspec.structs.replace(before, **said)


def _tier(wire: WireUsage) -> str | None:
    return wire.service_tier if isinstance(wire.service_tier, str) and wire.service_tier else None


def _text(event: Event) -> str:
    blocks = [*(event.content or ()), *(block for block in (event.content_block, event.delta) if block)]
    return "".join(map(_written, blocks))


def _written(block: Block) -> str:
    called = msgspec.json.encode(block.input).decode() if block.input else ""
    return "".join(filter(None, (block.text, block.thinking, block.name, block.partial_json, called)))


def _tokens(count: int | None) -> int:
    return max(count or 0, 0)
