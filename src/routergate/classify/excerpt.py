"""The part of a conversation that is read: bounded, whatever its length."""

from collections.abc import Sequence
from typing import Final

from routergate.domain.request import Message

HEAD, TAIL = 4_000, 2_000
"""Characters that are read of a long text: its beginning and its end, where the instructions stand."""
SHORT: Final = 120
"""A question of fewer characters leans on the one before it."""


def excerpt(text: str) -> str:
    """The beginning and the end of a long text, a short one as it is."""
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def question(messages: Sequence[Message]) -> str:
    """What is asked: the user's last turn, after the one before it if the last is too short to stand alone.

    Without a user, the last message.
    """
    asked = [message.text for message in reversed(messages) if message.role == "user"][:2]
    if not asked:
        return excerpt(messages[-1].text) if messages else ""
    last, before = excerpt(asked[0]), asked[1:]
    return f"{excerpt(before[0])}\n{last}" if before and len(last) < SHORT else last
