"""Token counts by tiktoken, from tables that lie on this machine. Nothing is fetched."""

import asyncio
import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import tiktoken

from routergate.domain.errors import ConfigError
from routergate.ports import TokenCounter

EXACT = 8_000
"""Characters up to which every token is counted: half a millisecond, three where no spaces part the words.

Beyond, as many in evenly spread samples stand for the whole, mostly within 2 % of it.
"""
SAMPLES = 64
SAMPLE = EXACT // SAMPLES
CUT = 0.7
"""Tokens by which a sample has too many, because it begins and ends amid words."""
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
        """One text after the other; whoever else waits has a turn after each long one, or several short."""
        total, at_once = 0, 0
        for text in texts:
            total += self.estimate(text)
            at_once += min(len(text), EXACT)
            if at_once >= EXACT:
                at_once = 0
                await asyncio.sleep(0)
        return total

    def estimate(self, text: str) -> int:
        """At once, whatever the length: by samples where the text is long."""
        # Python's hash of a text is keyed by a secret of this process: the text itself is not kept.
        key = hash(text)
        count = self._remembered.get(key)
        if count is None:
            if len(self._remembered) >= REMEMBERED:
                self._remembered.clear()
            count = self._remembered[key] = self._counted(text)
        return count

    def _counted(self, text: str) -> int:
        if len(text) <= EXACT:
            return self._exact(text)
        sampled = sum(self._exact(sample) - CUT for sample in _samples(text))
        return round(sampled * len(text) / EXACT)

    def _exact(self, text: str) -> int:
        return len(self._encoding.encode_ordinary(text))


def _samples(text: str) -> Sequence[str]:
    """Evenly spread pieces of a text, from its beginning to its end."""
    step = (len(text) - SAMPLE) / (SAMPLES - 1)
    starts = (round(number * step) for number in range(SAMPLES))
    return [text[start : start + SAMPLE] for start in starts]


_: type[TokenCounter] = TiktokenCounter
