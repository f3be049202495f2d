"""Streamed chat answers, event by event."""

import json
from collections.abc import Iterable
from typing import Any

from routergate.domain.usage import Usage
from routergate.ports import Chunk
from support.simulation import events, text_of

DONE = Chunk(data=b"data: [DONE]\n\n")


def event(text: str | None = None, *, name: str = "one", finish: str | None = None, **delta: Any) -> Chunk:
    """One event of a model's answer."""
    said = {**({} if text is None else {"content": text}), **delta}
    choice = {"index": 0, "delta": said, "logprobs": None, "finish_reason": finish}
    return raw(
        {"id": f"chatcmpl-{name}", "created": len(name), "model": name, "choices": [choice]}, text or ""
    )


def raw(body: Any, text: str = "", **more: Any) -> Chunk:
    return Chunk(data=b"data: " + json.dumps(body).encode() + b"\n\n", text=text, **more)


def usage(read: int, written: int, name: str = "two") -> Chunk:
    """The event with the usage."""
    counts = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
    body = {"id": f"chatcmpl-{name}", "created": len(name), "choices": [], "usage": counts}
    return raw(body, usage=Usage(input_uncached=read, output=written), usage_only=True)


def whole(pieces: Iterable[str], name: str = "two") -> list[Chunk]:
    """A whole answer in these pieces."""
    middle = [event(piece, name=name) for piece in pieces]
    return [event("", name=name, role="assistant"), *middle, event(name=name, finish="stop"), DONE]


def told(chunks: Iterable[Chunk]) -> str:
    """What a caller reads in them."""
    return text_of(events(b"".join(chunk.data for chunk in chunks)))
