"""Requests that end with the beginning of their answer, which is to go on from there."""

from collections.abc import Mapping
from typing import Any

from routergate.testing.tokens import text_of

FLAGS = ("continue_final_message", "add_generation_prompt")
"""vLLM's parameters; others have the mark `prefix` in the message."""


def split(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], str]:
    """The request without the beginning of its answer, and that beginning, if there is one."""
    messages: Any = body.get("messages")
    last = messages[-1] if isinstance(messages, list) and messages else None
    if not isinstance(last, Mapping) or last.get("role") != "assistant":
        return body, ""
    if not (last.get("prefix") or body.get("continue_final_message")):
        return body, ""
    rest = {name: value for name, value in body.items() if name not in FLAGS}
    return {**rest, "messages": messages[:-1]}, text_of(last)
