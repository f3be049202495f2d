"""Comparisons of answers whose true quality is known."""

from collections.abc import Iterator
from random import Random
from typing import Any

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import Comparison, Source, Subject
from routergate.quality.plan import Exact, Plan
from routergate.quality.rules import Rules
from support.restraints import a_budget

SUBJECT = Subject(route="auto", model=ModelId("mini"), task=TaskId("contracts"))


def a_comparison(outcome: float = 1.0, **changes: Any) -> Comparison:
    """An exact check of one answer, whose request was as probable to be compared as any."""
    told: dict[str, Any] = {"subject": SUBJECT, "source": Source.EXACT, "outcome": outcome, "at": 0}
    return Comparison(**{**told, **changes})


def comparisons(
    seed: int, quality: float, count: int, start: int = 0, **changes: Any
) -> Iterator[Comparison]:
    """Some, of a model that is as good as the baseline in a share `quality` of all cases; one a second."""
    chance = Random(seed)
    for number in range(start, start + count):
        outcome = float(chance.random() < quality)
        yield a_comparison(outcome, at=number * 1_000_000_000, **changes)


def a_plan(**changes: Any) -> Plan:
    """For the route `auto`: an exact check against the model `large`."""
    told: dict[str, Any] = {
        "route": "auto",
        "against": ModelId("large"),
        "rules": Rules(threshold=0.9),
        "budget": a_budget(),
        "exact": Exact.SAME,
    }
    return Plan(**{**told, **changes})
