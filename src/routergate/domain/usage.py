"""Tokens of an answer, in buckets that do not overlap."""

from collections.abc import Mapping
from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one answer in disjoint buckets: no token is in two of them.

    Providers nest theirs in different ways (OpenAI counts cached tokens inside the prompt, Anthropic
    beside it); adapters convert at the edge.
    """

    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    """For the usual, short time."""
    cache_write_1h: int = 0
    """For an hour, which Anthropic bills at a rate of its own."""
    output: int = 0
    """Visible output tokens, text only."""
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0

    def __post_init__(self) -> None:
        if (
            self.input_uncached | self.cache_read | self.cache_write | self.cache_write_1h
            | self.output | self.reasoning | self.audio_input | self.audio_output
        ) < 0:  # fmt: skip
            raise ValueError(f"token counts cannot be negative: {self!r}")

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(**{kind: getattr(self, kind) + getattr(other, kind) for kind in KINDS})

    @property
    def special(self) -> bool:
        """Whether there is anything but text that was read and written at the usual rates."""
        return bool(
            self.cache_read | self.cache_write | self.cache_write_1h
            | self.reasoning | self.audio_input | self.audio_output
        )  # fmt: skip

    @property
    def input_total(self) -> int:
        """Every token that was read, however it is billed."""
        written = self.cache_write + self.cache_write_1h
        return self.input_uncached + self.cache_read + written + self.audio_input

    @property
    def output_total(self) -> int:
        """Every token that was written, seen or not."""
        return self.output + self.reasoning + self.audio_output

    def by_kind(self) -> Mapping[str, int]:
        """Bucket name to tokens, in the order of the fields."""
        return {kind: getattr(self, kind) for kind in KINDS}


KINDS: tuple[str, ...] = tuple(field.name for field in fields(Usage))
"""The names of the buckets, as they stand in metrics, reports and the ledger."""
INPUTS = ("input_uncached", "cache_read", "cache_write", "cache_write_1h", "audio_input")
"""Those of what was read."""
OUTPUTS = ("output", "reasoning", "audio_output")
"""Those of what was written."""
