"""Anthropic's Messages request: bytes in, checked values out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Raw

from routergate.api.wire import (
    MOST_MESSAGES,
    PER_IMAGE,
    PER_MESSAGE,
    PER_REPLY,
    Count,
    Said,
    all_told,
    decoded,
    whole,
)
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, Message

PDF_CHARACTERS_PER_TOKEN = 40
"""Base64 characters: a page has some 2 000 tokens and 80 kB."""


class Source(msgspec.Struct):
    type: str | None = None
    data: Raw = Raw()


class Block(msgspec.Struct):
    type: str
    text: str | None = None
    content: str | list["Block"] | dict[str, Raw] | None = None
    """Of a tool's result: text, or blocks; of a server's tool, an object of its own."""
    source: Source | str | None = None
    input: Raw = Raw()
    name: str | None = None
    """Of the tool that is called."""
    is_error: bool | None = None


class WireMessage(msgspec.Struct):
    role: str
    content: str | list[Block]


class Thinking(msgspec.Struct):
    type: str
    budget_tokens: int | None = None


class OutputConfig(msgspec.Struct):
    format: Raw = Raw()


class WireCounted(Said, kw_only=True):
    """The parameters that routing reads; the others pass unread."""

    messages: Annotated[list[WireMessage], Meta(min_length=1, max_length=MOST_MESSAGES)]
    system: str | list[Block] | None = None
    stream: bool | None = None
    tools: list[Raw] | None = None
    thinking: Thinking | None = None
    output_config: OutputConfig | None = None
    service_tier: str | None = None
    mcp_servers: Any = None


class WireMessages(WireCounted, kw_only=True):
    """The same where an answer is wanted."""

    max_tokens: Count


_messages: Final = msgspec.json.Decoder(WireMessages).decode
_counted: Final = msgspec.json.Decoder(WireCounted).decode


def read_messages(body: bytes) -> tuple[ChatRequest, Said]:
    """A Messages request and who asks; raises `InvalidRequest` naming the place."""
    payload, asked = decoded(body, lambda text: (whole(text), _messages(text)))
    request = _request(payload, asked, len(body))
    return replace(request, limits=("max_tokens",), max_output_tokens=asked.max_tokens), asked


def read_counted(body: bytes) -> tuple[ChatRequest, Said]:
    """The same where no answer is wanted, only its input counted: `max_tokens` need not be there."""
    payload, asked = decoded(body, lambda text: (whole(text), _counted(text)))
    return _request(payload, asked, len(body)), asked


def _request(payload: Mapping[str, Any], asked: WireCounted, size: int) -> ChatRequest:
    blocks = list(_blocks(asked))
    definitions = sum(len(bytes(raw)) for raw in [*(asked.tools or ()), *(block.input for block in blocks)])
    around = PER_MESSAGE * len(asked.messages) + PER_REPLY
    return ChatRequest(
        payload=payload,
        model=asked.first(),
        format=Format.MESSAGES,
        messages=tuple(_turns(asked)),
        needs=frozenset(_needs(asked, blocks)),
        stream=bool(asked.stream),
        thinking_tokens=asked.thinking.budget_tokens if asked.thinking else None,
        attachment_tokens=around + definitions // 4 + sum(map(_media, blocks)),
        service_tier=asked.service_tier,
        size=size,
        hidden=_hidden(asked, blocks),
    )


def _hidden(asked: WireCounted, blocks: Iterable[Block]) -> bool:
    """Whether the provider reads more than it is sent: what documents unpack to, its tools find."""
    return (
        bool(asked.mcp_servers)
        or not all_told(asked.tools)
        or any(block.type == "document" for block in blocks)
    )


def _turns(asked: WireCounted) -> Iterator[Message]:
    if asked.system:
        yield Message(role="system", text=_text(asked.system))
    for message in asked.messages:
        yield from _turn(message)


def _turn(message: WireMessage) -> Iterator[Message]:
    """A message; what tools have answered, which the format has the user say, apart from it."""
    if isinstance(message.content, str):
        yield Message(role=message.role, text=message.content)
        return
    results = [block for block in message.content if block.type == "tool_result"]
    rest = [block for block in message.content if block.type != "tool_result"]
    for result in results:
        yield Message(role="tool", text=_text([result]), failed=bool(result.is_error))
    if rest or not results:
        calls = tuple(hash((one.name, bytes(one.input))) for one in rest if one.type == "tool_use")
        yield Message(role=message.role, text=_text(rest), calls=calls)


def _text(content: str | list[Block]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(text for block in _opened(content) for text in _words(block))


def _words(block: Block) -> Iterator[str]:
    """The text of a block, and of a tool's result that is but text."""
    if block.text:
        yield block.text
    if isinstance(block.content, str):
        yield block.content


def _opened(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, and those within the results of tools."""
    for block in blocks:
        yield block
        if isinstance(block.content, list):
            yield from block.content


def _blocks(asked: WireCounted) -> Iterator[Block]:
    for message in asked.messages:
        if isinstance(message.content, list):
            yield from _opened(message.content)


def _needs(asked: WireCounted, blocks: Iterable[Block]) -> Iterator[Capability]:
    if asked.tools:
        yield Capability.TOOLS
    if asked.thinking and asked.thinking.type == "enabled":
        yield Capability.REASONING
    if asked.output_config and bytes(asked.output_config.format) not in {b"", b"null"}:
        yield Capability.JSON_SCHEMA
    if any(block.type == "image" for block in blocks):
        yield Capability.VISION


def _media(block: Block) -> int:
    """Rough tokens of what is in a block besides its text."""
    if block.type == "image":
        return PER_IMAGE
    if block.type == "document" and isinstance(block.source, Source):
        return len(bytes(block.source.data)) // (
            4 if block.source.type == "text" else PDF_CHARACTERS_PER_TOKEN
        )
    return 0
