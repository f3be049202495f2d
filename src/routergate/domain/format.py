"""The wire formats that callers speak."""

from enum import StrEnum


class Format(StrEnum):
    """OpenAI's, and Anthropic's `messages`."""

    CHAT = "chat"
    COMPLETIONS = "completions"
    EMBEDDINGS = "embeddings"
    MESSAGES = "messages"
    RESPONSES = "responses"


CONVERSATIONS = frozenset({Format.CHAT, Format.MESSAGES})
"""Those that can be translated into each other."""
