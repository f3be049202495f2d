"""OpenAI's embeddings, as far as they are read on their way through: only usage is."""

from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.providers.wire import Seen, Wire


class WireUsage(msgspec.Struct):
    prompt_tokens: int | None = None


class Embeddings(msgspec.Struct):
    data: list[msgspec.Raw] | None = None
    usage: WireUsage | None = None
    error: Any = None


_decode: Final = msgspec.json.Decoder(Embeddings).decode


def read(data: bytes) -> Seen:
    """A whole answer; there are no others."""
    told = _decode(data)
    tokens = told.usage.prompt_tokens if told.usage else None
    return Seen(
        failed=told.error is not None or not told.data,
        usage=None if tokens is None else Usage(input_uncached=max(tokens, 0)),
    )


EMBEDDINGS: Final = Wire(path="/embeddings", reader=lambda: read, end=b"")
