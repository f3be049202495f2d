"""Requests that end with the beginning of their answer, from which the model is to go on."""

from collections.abc import Mapping
from typing import Any

import msgspec

_encode = msgspec.json.Encoder().encode


def begun(messages: Any, text: str, **marks: Any) -> msgspec.Raw:
    """The messages, of which there are some, and the beginning of the answer with a server's own marks."""
    turn = _encode({"role": "assistant", "content": text, **marks})
    return msgspec.Raw(_encode(messages).rstrip()[:-1] + b"," + turn + b"]")


MARKED: Mapping[str, Any] = {"prefix": True}
"""How DeepSeek, Mistral and litellm want the message marked."""
CONTINUED: Mapping[str, Any] = {"continue_final_message": True, "add_generation_prompt": False}
"""How vLLM is told that the last message is not whole."""
