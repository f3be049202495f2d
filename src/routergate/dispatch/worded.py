"""Answers without a word: they are relayed like any other, but a server that gives only such is not well."""

from routergate.domain.format import Format
from routergate.ports import Chunk

WORDED = frozenset({Format.CHAT, Format.COMPLETIONS, Format.MESSAGES})
"""Formats whose answers have words in them; a response may be told to come later, and vectors have none."""


def says(chunk: Chunk, wire: Format) -> bool:
    """Whether a piece of an answer has anything in it that its format is about, by its text or its usage."""
    counted = chunk.usage is not None and chunk.usage.output_total > 0
    return wire not in WORDED or counted or bool(chunk.text)
