"""How good answers turn out to be, and how far a model is trusted with a task because of that."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from routergate.domain.model import ModelId, TaskId

EVERY: Final = TaskId("*")
"""In place of a task: what a model does on a route. If it became worse at everything, here it shows first."""


class Source(StrEnum):
    """Who says how good an answer was."""

    USER = "user"
    """Feedback."""
    RULE = "rule"
    JUDGE = "judge"
    """A model that is asked; it errs, so what it says is corrected by how often it does."""
    EXACT = "exact"
    """A check that does not err: a schema, unit tests, a number."""
    SHADOW = "shadow"
    """A second answer to the same request that nobody was given, compared exactly."""


class Verdict(StrEnum):
    """How an answer compares with the baseline's."""

    BETTER = "better"
    SAME = "same"
    WORSE = "worse"


OUTCOMES: Final[Mapping[Verdict, float]] = {Verdict.BETTER: 1.0, Verdict.SAME: 1.0, Verdict.WORSE: 0.0}
"""Better than the baseline counts as equal: that is what a threshold is a share of."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Subject:
    """What is trusted or not: a model, with a task, under the promise of a route."""

    route: str
    model: ModelId
    task: TaskId

    def __str__(self) -> str:
        return f"{self.model} with {self.task} on {self.route}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How good one answer was, beside the baseline's. Never an answer itself, or a word of it."""

    subject: Subject
    source: Source
    outcome: float
    """0 to 1; without a `reference`, 1 is as good as the baseline's answer (`OUTCOMES`)."""
    reference: float | None = None
    """How good the baseline's answer to the same request was, by the same measure; `None`: `outcome` says."""
    weight: float = 1.0
    """How much the source counts beside others, up to 1."""
    inclusion: float | None = 1.0
    """How probable it was that this request would be compared; `None`: nobody knows, it was volunteered."""
    least: float | None = None
    """The smallest `inclusion` that any request of the subject had at the time; `None`: all had this one."""
    at: int
    """Nanoseconds since the epoch."""
    artifact: str = ""
    """The version of the router's tables by which the request was decided."""

    def __post_init__(self) -> None:
        grades = [self.outcome, *([] if self.reference is None else [self.reference])]
        if not all(0 <= grade <= 1 for grade in grades) or not 0 < self.weight <= 1:
            raise ValueError(f"{self.subject}: outcomes are 0 to 1, a weight is more than 0 and up to 1")
        if self.inclusion is not None and not 0 < (self.least or self.inclusion) <= self.inclusion <= 1:
            raise ValueError(f"{self.subject}: an inclusion is a probability, and the least is no larger")

    @property
    def at_large(self) -> "Comparison":
        """The same as one of all that the model does on the route."""
        return replace(self, subject=replace(self.subject, task=EVERY))

    @property
    def force(self) -> float:
        """What it counts for, up to 1: the more probable it was to be seen, the less."""
        if self.inclusion is None or self.least is None:
            return self.weight
        return self.weight * self.least / self.inclusion


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An estimate, and the range that it is in with the confidence that was asked for."""

    estimate: float | None
    """`None`: nothing has been seen."""
    low: float
    high: float
    count: int
    """Of outcomes behind it."""

    def __str__(self) -> str:
        known = "unknown" if self.estimate is None else f"{self.estimate:.3f}"
        return f"{known} ({self.low:.3f} to {self.high:.3f}, {self.count} compared)"


class Trust(StrEnum):
    """How far a model is trusted with a task."""

    TRUSTED = "trusted"
    WATCHED = "watched"
    """It serves, and more of its answers are compared."""
    DEMOTED = "demoted"
    """It is passed over; its answers are still compared in the shadow of others."""
    QUARANTINED = "quarantined"
    """It is passed over and left alone."""
    PROBING = "probing"
    """A small share of requests may go to it, and each of them is compared."""


class Cause(StrEnum):
    """What moved a model from one state into another."""

    EVIDENCE = "evidence"
    TIME = "time"
    HAND = "hand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From one state into another, and why, in numbers."""

    subject: Subject
    before: Trust
    after: Trust
    cause: Cause
    at: int
    """Nanoseconds since the epoch."""
    since: int
    """When the comparisons begin that `quality` rests on."""
    quality: Interval
    """As a share of the baseline's."""
    threshold: float
    evidence: float
    """An e-value: how much a bet against the state before has multiplied its stake by."""
    needed: float
    """The e-value from which on it moves; 0 where it was not evidence that moved it."""
    said: str = ""
    """Who moved it by hand, and what for."""
    dry_run: bool = False
    """Whether it is only told, and moves no traffic."""

    @property
    def why(self) -> str:
        """The same in a sentence."""
        told = {
            Cause.EVIDENCE: f"evidence {self.evidence:.3g}, {self.needed:.3g} needed",
            Cause.TIME: "its time there is over",
            Cause.HAND: f"by hand: {self.said}",
        }
        dry = " (dry run)" if self.dry_run else ""
        return (
            f"{self.subject}: {self.before} → {self.after}{dry}, quality {self.quality} "
            f"against {self.threshold:g}; {told[self.cause]}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """How far one model is trusted with one task, as far as a decision needs to know."""

    trust: Trust
    why: str
    """In numbers; goes into decisions."""
    share: float = 0.0
    """Of requests that may go to it where it is probed, up to a half."""

    def why_not(self, drawn: float) -> str | None:
        """The reason to pass the model over for a request that drew `drawn`, 0 to 1, if there is one.

        The lower half of the draw is the hold-out's; probes are at the beginning of the upper one.
        """
        if self.trust in {Trust.TRUSTED, Trust.WATCHED}:
            return None
        if self.trust is Trust.PROBING and 0.5 <= drawn < 0.5 + self.share:
            return None
        return f"is {self.trust}: {self.why}"


@dataclass(frozen=True, slots=True)
class Standing:
    """How far models are trusted with tasks on one route; whoever is not listed is trusted."""

    of: Mapping[tuple[ModelId, TaskId], Stand] = field(default_factory=dict)

    def why_not(self, model: ModelId, task: TaskId, drawn: float) -> str | None:
        """As `Stand.why_not`, for the task and for the model as a whole."""
        found = (self.of[key] for key in ((model, task), (model, EVERY)) if key in self.of)
        return next((why for stand in found if (why := stand.why_not(drawn))), None)
