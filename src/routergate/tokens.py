"""Token counts by tiktoken, from tables that lie on this machine. Nothing is fetched."""

import asyncio
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import tiktoken

from routergate.domain.errors import ConfigError
from routergate.ports import TokenCounter

INLINE = 4_000
"""Characters up to which counting at once is cheaper than handing it to a thread (about 0.3 ms)."""
EXACT = 256_000
"""Characters up to which every token is counted; beyond, evenly spread samples stand for the whole."""
SAMPLES, SAMPLE = 64, 2_000
REMEMBERED = 4_096
"""Texts whose counts are remembered: system prompts and earlier turns come again with each request."""


def tables() -> Path:
    """The folder where litellm's package keeps tiktoken's tables; found without importing it."""
    spec = find_spec("litellm")
    if spec is None or spec.origin is None:
        raise ConfigError(["the package litellm, which carries the tokenizer tables, is not installed"])
    return Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"


def load(encoding: str = "o200k_base") -> tiktoken.Encoding:
    """An encoding from the bundled tables (takes a third of a second: once, before serving)."""
    # tiktoken looks for its tables in the folder that this variable names before it asks the network.
    os.environ["TIKTOKEN_CACHE_DIR"] = str(tables())  # noqa: TID251 - the only door that tiktoken has
    return tiktoken.get_encoding(encoding)


class TiktokenCounter:
    """Counts with one encoding. Models count differently; routing needs no more than this."""

    def __init__(self, encoding: tiktoken.Encoding) -> None:
        self._encoding = encoding
        self._remembered: dict[int, int] = {}

    async def count(self, texts: Sequence[str]) -> int:
        """Short texts at once, long ones in a thread (tiktoken lets go of the interpreter lock)."""
        total, long = 0, []
        for text in texts:
            if len(text) <= INLINE:
                total += self._short(text)
            else:
                long.append(text)
        if long:
            total += await asyncio.to_thread(lambda: sum(map(self._long, long)))
        return total

    def estimate(self, text: str) -> int:
        """At once, whatever the length: by samples where the text is long."""
        return self._short(text) if len(text) <= INLINE else self._sampled(text, 4)

    def _short(self, text: str) -> int:
        # Python's hash of a text is keyed by a secret of this process: the text itself is not kept.
        key = hash(text)
        count = self._remembered.get(key)
        if count is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            count = self._remembered[key] = self._exact(text)
        return count

    def _long(self, text: str) -> int:
        return self._exact(text) if len(text) <= EXACT else self._sampled(text, SAMPLES)

    def _sampled(self, text: str, samples: int) -> int:
        """Tokens of `samples` evenly spread pieces, in proportion to the whole.

        A cut word costs about half a token at each end of a piece.
        """
        size = min(SAMPLE, len(text) // samples)
        step = (len(text) - size) / (samples - 1)
        pieces = [text[round(n * step) : round(n * step) + size] for n in range(samples)]
        counted = sum(self._exact(piece) - 0.5 for piece in pieces)
        return round(counted * len(text) / (size * samples))

    def _exact(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


_: type[TokenCounter] = TiktokenCounter
