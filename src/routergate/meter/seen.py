"""What has gone by of one answer."""

from dataclasses import dataclass, field

from routergate.domain.decision import Candidate
from routergate.domain.event import Attempt, UsageSource
from routergate.domain.money import Nanos
from routergate.domain.usage import Usage
from routergate.ports import Chunk, TokenCounter

KEPT_CHARACTERS = 32_000
"""How much of an answer's text is kept for counting; what lies beyond is counted in proportion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """What a request comes to, as far as its answer has gone by."""

    usage: Usage | None
    source: UsageSource
    calls: tuple[Attempt, ...]
    """With the tokens and the cost of answers that were paid and not given."""
    cost: Nanos | None
    baseline_cost: Nanos | None


@dataclass(slots=True)
class Seen:
    """One candidate's answer, as far as it has gone by."""

    candidate: Candidate
    asked: float = 0.0
    """When its provider was asked for it."""
    kept: bool = False
    """Whether it was given before, and nothing is due for it now."""
    last_chunk: float | None = None
    """When it was over, whole or not."""
    usage: Usage | None = None
    opening: Usage | None = None
    """What was counted of the input before the answer was written."""
    service_tier: str | None = None
    """By the provider's account."""
    over: bool = False
    """Whether no more of it comes by."""
    reckoning: Reckoning | None = None
    """Once it is over, and somebody has asked."""
    written: int = 0
    """Characters."""
    _text: list[str] = field(default_factory=list)
    _kept: int = 0

    def see(self, chunk: Chunk) -> None:
        """The next piece."""
        if chunk.usage is not None:
            self.usage = chunk.usage
        self.opening = chunk.opening or self.opening
        self.service_tier = chunk.service_tier or self.service_tier
        if chunk.text:
            self.written += len(chunk.text)
            if self._kept < KEPT_CHARACTERS:
                self._text.append(chunk.text)
                self._kept += len(chunk.text)

    def end(self, now: float) -> None:
        """No more of it comes; only the first time counts."""
        self.over = True
        if self.last_chunk is None:
            self.last_chunk = now

    def anew(self) -> "Seen":
        """The same answer with nothing seen of it yet; when it was asked for, and was over, stays."""
        return Seen(self.candidate, asked=self.asked, last_chunk=self.last_chunk)

    def seconds(self, now: float) -> float:
        """From asking for it to its end, or until now."""
        return (now if self.last_chunk is None else self.last_chunk) - self.asked

    @property
    def text(self) -> str | None:
        """All that was written; `None`: it is longer than what is kept of it."""
        return "".join(self._text) if self._kept == self.written else None

    def counted_output(self, tokens: TokenCounter) -> int:
        """Output tokens by counting what went by."""
        if not self._kept:
            return 0
        return round(tokens.estimate("".join(self._text)) * self.written / self._kept)
