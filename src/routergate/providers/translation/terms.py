"""What both directions share."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

Tree: TypeAlias = dict[str, Any]
"""A JSON object, decoded."""

encode: Final = msgspec.json.Encoder().encode

STOP_REASON: Final[Mapping[str, str]] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
}
"""OpenAI's reason for an answer's end → Anthropic's."""
FINISH_REASON: Final[Mapping[str, str]] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
"""And back."""


class Untranslatable(ValueError):
    """The other format has no word for something that the answer depends on."""


def tree(payload: Mapping[str, Any]) -> Tree:
    """A body taken apart down to its leaves."""
    return msgspec.json.decode(encode(payload), type=dict[str, Any])


def parts(content: Any) -> list[Tree]:
    """Content as a list of its parts, whether it was a text or a list."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content else []
    return list(content or ())


def given(**values: Any) -> Tree:
    """The values that there are."""
    return {name: value for name, value in values.items() if value is not None}


def marked(part: Mapping[str, Any]) -> Tree:
    """The prompt-cache marker of a part, if it has one."""
    return given(cache_control=part.get("cache_control"))
