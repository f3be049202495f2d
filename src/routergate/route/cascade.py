"""What it costs to ask a second time, where answers are checked."""

from collections.abc import Sequence
from dataclasses import replace

from routergate.domain.answer import Cascade
from routergate.domain.decision import Candidate, Escalation
from routergate.domain.money import Nanos

MILLION = 1_000_000


def better(candidate: Candidate, others: Sequence[Candidate]) -> list[Candidate]:
    """Who is expected to answer better than a candidate."""
    return [other for other in others if other.quality.mean > candidate.quality.mean]


def escalating(candidates: Sequence[Candidate], cascade: Cascade | None) -> list[Candidate]:
    """The candidates, with what follows if the answer of each is rejected.

    How often that is nobody has measured: it is taken for the probability that the answer is not acceptable.
    """
    if cascade is None:
        return list(candidates)
    return [replace(one, escalation=_escalation(one, better(one, candidates))) for one in candidates]


def _escalation(candidate: Candidate, above: Sequence[Candidate]) -> Escalation | None:
    if not above:
        return None
    best = max(above, key=lambda one: (one.cost is not None, one.quality.mean, -(one.cost or 0)))
    probability = min(max(1 - candidate.quality.mean, 0.0), 1.0)
    share = None if best.cost is None else Nanos(best.cost * round(probability * MILLION) // MILLION)
    return Escalation(model=best.card.id, probability=probability, cost=share)
