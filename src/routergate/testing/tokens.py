"""The simulator's own token rule: simple, the same everywhere, and no real tokenizer's."""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

TOKENS_PER_MESSAGE = 4
TOKENS_PER_IMAGE = 85
_PIECE = re.compile(r"\s*(?:\w{1,6}|[^\w\s])")


def pieces(text: str) -> tuple[str, ...]:
    """`text` in tokens: up to six word characters or one mark, each with the white space before it."""
    return tuple(_PIECE.findall(text))


def count(text: str) -> int:
    """The number of tokens of `text`."""
    return len(pieces(text))


def prompt_tokens(body: Mapping[str, Any]) -> int:
    """Tokens of the messages and of the tool definitions."""
    tools = msgspec.json.encode(body["tools"]).decode() if body.get("tools") else ""
    return sum(map(_message_tokens, body["messages"])) + count(tools)


def text_of(message: Mapping[str, Any]) -> str:
    """The text parts of a message, joined by line ends."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or "") for part in _parts(message))


def _message_tokens(message: Mapping[str, Any]) -> int:
    images = sum(1 for part in _parts(message) if part.get("type") == "image_url")
    return TOKENS_PER_MESSAGE + count(text_of(message)) + TOKENS_PER_IMAGE * images


def _parts(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    content = message.get("content")
    return [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
