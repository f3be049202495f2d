"""OpenAI's Responses, as far as they are read on their way through."""

from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.providers.wire import ONLY, Seen, Wire

ALIVE: Final = "keepalive"
ENVELOPE: Final = frozenset({"response.created", "response.queued", "response.in_progress", ALIVE})
"""Events that come before the answer."""
ENDS: Final = frozenset({"response.completed", "response.incomplete"})
FAILURES: Final = frozenset({"response.failed", "error"})


class InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """Details are parts of the totals, as in chat, under other names."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens_details: OutputDetails | None = None


class Part(msgspec.Struct):
    text: str | None = None


class Item(msgspec.Struct):
    content: list[Part] | None = None
    arguments: str | None = None


class Response(msgspec.Struct):
    id: str | None = None
    status: str | None = None
    output: list[Item] | None = None
    usage: WireUsage | None = None
    service_tier: Any = None
    error: Any = None


class Event(Response):
    """A whole answer, or one event of a streamed one."""

    type: str | None = None
    response: Response | None = None
    delta: Any = None


_decode: Final = msgspec.json.Decoder(Event).decode


def read(data: bytes) -> Seen:
    """What one event says, or a whole answer."""
    if data == b"[DONE]":
        return Seen(begun=False, done=True)
    event = _decode(data)
    answer = event if event.type is None else event.response or Response()
    ended = event.type in ENDS
    return Seen(
        begun=event.type not in ENVELOPE,
        moved=event.type != ALIVE,
        finished=ONLY if ended else (),
        done=ended,
        failed=event.type in FAILURES or (event.type is None and _broken(event)),
        usage=usage_of(answer.usage) if ended or event.type is None else None,
        text=event.delta if isinstance(event.delta, str) else _text(event),
        service_tier=answer.service_tier if isinstance(answer.service_tier, str) else None,
        answer_id=answer.id,
    )


RESPONSES: Final = Wire(path="/responses", reader=lambda: read, end=b"")


def usage_of(wire: WireUsage | None) -> Usage | None:
    """The same tokens in disjoint buckets; `None` unless both totals are given."""
    if wire is None or wire.input_tokens is None or wire.output_tokens is None:
        return None
    told, wrote = wire.input_tokens_details or InputDetails(), wire.output_tokens_details or OutputDetails()
    cached, written = _tokens(told.cached_tokens), _tokens(told.cache_write_tokens)
    reasoned = _tokens(wrote.reasoning_tokens)
    return Usage(
        input_uncached=_tokens(wire.input_tokens - cached - written),
        cache_read=cached,
        cache_write=written,
        output=_tokens(wire.output_tokens - reasoned),
        reasoning=reasoned,
    )


def _broken(answer: Response) -> bool:
    return answer.error is not None or answer.status == "failed" or answer.output is None


def _text(answer: Response) -> str:
    parts = (part.text or "" for item in answer.output or () for part in item.content or ())
    return "".join([*parts, *(item.arguments or "" for item in answer.output or ())])


def _tokens(count: int | None) -> int:
    return max(count or 0, 0)
