"""OpenAI's legacy completions request: bytes in, checked values out."""

from typing import Annotated, Final

import msgspec
from msgspec import Meta

from routergate.api.wire import Count, Said, StreamOptions, decoded, whole
from routergate.domain.format import Format
from routergate.domain.request import ChatRequest, Message

Prompts = Annotated[list[str | int | list[int]], Meta(min_length=1)]
"""Texts, texts as tokens, or the tokens of one text."""


class WireCompletions(Said, kw_only=True):
    """The parameters that routing reads; the others pass unread."""

    prompt: str | Prompts
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Count | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    best_of: Annotated[int, Meta(ge=1, le=128)] | None = None


_asked: Final = msgspec.json.Decoder(WireCompletions).decode


def read_completions(body: bytes) -> tuple[ChatRequest, Said]:
    """A request for completions and who asks; raises `InvalidRequest` naming the place."""
    payload, asked = decoded(body, lambda text: (whole(text), _asked(text)))
    prompts: Prompts = [asked.prompt] if isinstance(asked.prompt, str) else asked.prompt
    texts = [prompt for prompt in prompts if isinstance(prompt, str)]
    options = asked.stream_options
    request = ChatRequest(
        payload=payload,
        model=asked.first(),
        format=Format.COMPLETIONS,
        messages=tuple(Message(role="user", text=text) for text in texts),
        stream=bool(asked.stream),
        wants_usage=not asked.stream or bool(options and options.include_usage),
        max_output_tokens=asked.max_tokens,
        limits=("max_tokens",),
        # Those that are written and not shown are paid for as well.
        choices=max(asked.n or 1, asked.best_of or 1) * _answers(prompts),
        attachment_tokens=sum(1 if isinstance(p, int) else len(p) for p in prompts if not isinstance(p, str)),
        size=len(body),
    )
    return request, asked


def _answers(prompts: list[str | int | list[int]]) -> int:
    """One for each text; numbers are the tokens of one."""
    return max(sum(not isinstance(prompt, int) for prompt in prompts), 1)
