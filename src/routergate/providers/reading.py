"""What an answer in OpenAI's chat format says, for routes that check answers."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from routergate.domain.answer import Form, Said
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest
from routergate.ports import Chunk, Reader
from routergate.providers.dialect import Delta
from routergate.providers.sse import Splitter, payload


class Token(msgspec.Struct):
    logprob: float | None = None


class Logprobs(msgspec.Struct):
    content: list[Token] | None = None


class Choice(msgspec.Struct):
    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None
    finish_reason: str | None = None
    logprobs: Logprobs | None = None


class Piece(msgspec.Struct):
    """A whole answer, or one event of a streamed one."""

    choices: list[Choice] = []


_decode = msgspec.json.Decoder(Piece).decode
_JSON = frozenset({Capability.JSON_MODE, Capability.JSON_SCHEMA})


class ChatReader:
    """Reads what the caller will get, byte for byte the same."""

    def form(self, request: ChatRequest) -> Form:
        """What a request, as it is sent, asks of the answer."""
        return Form(
            json=bool(request.needs & _JSON),
            schema=_schema(request.payload.get("response_format")),
            limited=request.max_output_tokens is not None,
        )

    def said(self, chunks: Sequence[Chunk]) -> Sequence[Said]:
        """The choices, as far as they have come; none where the format is not understood."""
        by_choice: dict[int, list[Choice]] = {}
        for piece in _pieces(b"".join(chunk.data for chunk in chunks)):
            for choice in piece.choices:
                by_choice.setdefault(choice.index or 0, []).append(choice)
        return [_said(pieces) for pieces in by_choice.values()]


def _pieces(data: bytes) -> Iterator[Piece]:
    plain = data.lstrip()[:1] == b"{"
    for body in [data] if plain else map(payload, Splitter().feed(data)):
        try:
            yield _decode(body)
        except msgspec.MsgspecError:
            continue  # comments, `[DONE]`, and events that are the caller's business


def _said(pieces: Sequence[Choice]) -> Said:
    deltas = [delta for piece in pieces if (delta := piece.delta or piece.message) is not None]
    finish = next((piece.finish_reason for piece in reversed(pieces) if piece.finish_reason), None)
    return Said(
        text="".join(_text(delta.content) for delta in deltas),
        finish=finish,
        declined=finish == "content_filter" or any(delta.refusal for delta in deltas),
        acts=any(delta.tool_calls or delta.function_call or delta.audio for delta in deltas),
        logprob=_mean([*_logprobs(pieces)]),
    )


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "".join(str(part.get("text") or "") for part in parts if isinstance(part, dict))


def _logprobs(pieces: Sequence[Choice]) -> Iterator[float]:
    for piece in pieces:
        for token in (piece.logprobs.content or ()) if piece.logprobs else ():
            if token.logprob is not None:
                yield token.logprob


def _mean(numbers: Sequence[float]) -> float | None:
    return sum(numbers) / len(numbers) if numbers else None


def _schema(written: Any) -> object:
    """The schema that a response format names, if it does."""
    try:
        found = msgspec.json.decode(msgspec.json.encode(written))
    except (msgspec.MsgspecError, RecursionError):
        return None  # what nobody can read, the provider turns down
    named = found.get("json_schema") if isinstance(found, Mapping) else None
    return named.get("schema") if isinstance(named, Mapping) else None


_: type[Reader] = ChatReader
