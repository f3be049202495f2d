"""What it costs to ask a second time, where answers are checked."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from routergate.domain.answer import Cascade
from routergate.domain.decision import Candidate, Escalation
from routergate.domain.model import ModelId
from routergate.domain.money import Nanos

MILLION = 1_000_000


Rejected = Callable[[ModelId, float], float]
"""The probability that a model's answer is rejected, from what is expected beforehand."""


def as_expected(_: ModelId, expected: float) -> float:
    """Nobody has seen answers being rejected."""
    return expected


def better(candidate: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Who is expected to answer better than a candidate."""
    return [other for other in others if other.quality.mean > candidate.quality.mean]


def escalating(
    candidates: Sequence[Candidate], cascade: Cascade | None, rejected: Rejected
) -> list[Candidate]:
    """The candidates, with what follows if the answer of each is `rejected`.

    How often that is: as has been seen; beforehand, as often as the answer is not acceptable.
    """
    if cascade is None:
        return list(candidates)
    above = (better(one, candidates) for one in candidates)
    return [
        replace(one, escalation=_escalation(one, others, rejected))
        for one, others in zip(candidates, above, strict=True)
    ]


def _escalation(candidate: Candidate, above: Sequence[Candidate], rejected: Rejected) -> Escalation | None:
    if not above:
        return None
    best = max(above, key=lambda one: (one.cost is not None, one.quality.mean, -(one.cost or 0)))
    probability = rejected(candidate.card.id, min(max(1 - candidate.quality.mean, 0.0), 1.0))
    share = None if best.cost is None else Nanos(best.cost * round(probability * MILLION) // MILLION)
    return Escalation(model=best.card.id, probability=probability, cost=share)
