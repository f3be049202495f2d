"""OpenAI's embeddings request: bytes in, checked values out."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from routergate.api.wire import Said, decoded, whole
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, Message

MOST_TEXTS = 2048
"""As OpenAI has it."""

Input = Annotated[list[str | int | list[int]], Meta(min_length=1)]
"""Texts, texts as tokens, or the tokens of one text."""


class WireEmbeddings(Said, kw_only=True):
    """The parameters that routing reads; the others pass unread."""

    input: str | Input


_asked: Final = msgspec.json.Decoder(WireEmbeddings).decode


def read_embeddings(body: bytes) -> tuple[ChatRequest, Said]:
    """A request for vectors and who asks; raises `InvalidRequest` naming the place."""
    payload, asked = decoded(body, lambda text: (whole(text), _asked(text)))
    inputs = [asked.input] if isinstance(asked.input, str) else asked.input
    texts = [given for given in inputs if isinstance(given, str)]
    if sum(not isinstance(given, int) for given in inputs) > MOST_TEXTS:
        raise InvalidRequest(f"'input' takes at most {MOST_TEXTS} texts.", param="input")
    request = ChatRequest(
        payload=payload,
        model=asked.first(),
        format=Format.EMBEDDINGS,
        messages=tuple(Message(role="user", text=text) for text in texts),
        needs=frozenset({Capability.EMBEDDINGS}),
        max_output_tokens=0,
        attachment_tokens=sum(map(_tokens, inputs)),
        size=len(body),
    )
    return request, asked


def _tokens(given: str | int | list[int]) -> int:
    """What was counted by the caller; text is counted later."""
    if isinstance(given, list):
        return len(given)
    return 0 if isinstance(given, str) else 1
