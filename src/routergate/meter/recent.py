"""What a process remembers of its latest answers. Told the time, in seconds."""

from dataclasses import dataclass, field

from routergate.domain.event import UsageEvent
from routergate.domain.model import ModelId

KEPT = 300.0
"""Seconds after which what was seen last says nothing any more."""
ENOUGH = 5
"""Answers before a model counts as quick or slow."""
WEIGHT = 0.2
"""Of the latest answer in a mean."""


@dataclass(slots=True)
class _Pace:
    mean: float
    answers: int
    at: float


@dataclass(slots=True)
class Paces:
    """How soon each model begins its streamed answers. Old news is forgotten: a slow model is tried again."""

    _by_model: dict[ModelId, _Pace] = field(default_factory=dict)

    def usual(self, model: ModelId, now: float) -> float | None:
        """Seconds from the call to its first token; `None`: not enough is known."""
        pace = self._by_model.get(model)
        if pace is None or pace.answers < ENOUGH or now - pace.at > KEPT:
            return None
        return pace.mean

    def observe(self, model: ModelId, seconds: float, now: float) -> None:
        """Learn from one answer that has begun."""
        pace = self._by_model.get(model)
        if pace is None or now - pace.at > KEPT:
            pace = self._by_model[model] = _Pace(mean=seconds, answers=0, at=now)
        pace.mean += WEIGHT * (seconds - pace.mean)
        pace.answers += 1
        pace.at = now


@dataclass(frozen=True, slots=True)
class Recent:
    """What is learned from events. It outlives a configuration."""

    paces: Paces = field(default_factory=Paces)

    def observe(self, event: UsageEvent) -> None:
        """Learn from how one request went."""
        if event.card is not None and event.streamed and event.timings.first_token is not None:
            self.paces.observe(event.card.id, event.attempts[-1].seconds, event.at / 1e9)
