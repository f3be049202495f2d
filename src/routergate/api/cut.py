"""The end of a stream that a budget cut: as a model ends at its output limit, and why."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from routergate.api.errors import code_of
from routergate.domain.errors import BudgetEnded
from routergate.domain.format import Format
from routergate.gateway import Answer

_encode: Final = msgspec.json.Encoder().encode
CHAT_CHOICE: Final[Mapping[str, Any]] = {"delta": {}, "finish_reason": "length"}
COMPLETIONS_CHOICE: Final[Mapping[str, Any]] = {"text": "", "logprobs": None, "finish_reason": "length"}


class BlockEvent(msgspec.Struct):
    """What tells which block of a message is being written."""

    type: str = ""
    index: int | None = None


_block_event: Final = msgspec.json.Decoder(BlockEvent).decode


def cut_short(answer: Answer, error: BudgetEnded, last: bytes) -> bytes | None:
    """The missing end; `last` is what the caller saw last.

    `None`: the format can only end with the whole answer once more, which nobody here has.
    """
    note = {"note": str(error), "code": code_of(error)}
    spoken = answer.call.request.format
    if spoken is Format.RESPONSES:
        return None
    if spoken is Format.MESSAGES:
        return b"".join(_message_end(answer.written, last, note))
    if spoken is Format.COMPLETIONS:
        return _last_chunk(answer, "text_completion", COMPLETIONS_CHOICE, note)
    return _last_chunk(answer, "chat.completion.chunk", CHAT_CHOICE, note)


def _last_chunk(answer: Answer, kind: str, choice: Mapping[str, Any], note: Mapping[str, Any]) -> bytes:
    last = {
        "id": answer.decision.id,
        "object": kind,
        "created": answer.at // 1_000_000_000,
        "model": answer.winner.card.id,
        "choices": [{"index": n, **choice} for n in range(answer.call.request.choices)],
        "routergate": note,
    }
    return b"data: " + _encode(last) + b"\n\ndata: [DONE]\n\n"


def _message_end(written: int, last: bytes, note: Mapping[str, Any]) -> Iterator[bytes]:
    if (index := _open_block(last)) is not None:
        yield _event("content_block_stop", index=index)
    ended = {"stop_reason": "max_tokens", "stop_sequence": None}
    yield _event("message_delta", delta=ended, usage={"output_tokens": written}, routergate=note)
    yield _event("message_stop")


def _open_block(events: bytes) -> int | None:
    """The block that is open after these events."""
    blocks = [event for event in map(_read, events.splitlines()) if event.type.startswith("content_block_")]
    return blocks[-1].index if blocks and blocks[-1].type != "content_block_stop" else None


def _read(line: bytes) -> BlockEvent:
    try:
        return _block_event(line.removeprefix(b"data:"))
    except msgspec.MsgspecError:
        return BlockEvent()  # no line with data, or with what nobody understands


def _event(kind: str, **fields: Any) -> bytes:
    return b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode({"type": kind, **fields}))
