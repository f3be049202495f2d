"""Outcomes decided again by production's own functions, at every threshold that a route could have."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from routergate.deciding import Call, Router
from routergate.domain.capacity import Health
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import ClientError, DataUnusable
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest
from routergate.evaluation.metrics import Array
from routergate.evaluation.outcomes import Outcome
from routergate.route.order import rank

THRESHOLDS: Final = np.round(1 - np.linspace(0, 1, 301) ** 1.5, 4)
"""From the safest to the cheapest; closer together near 1, where most estimates are."""
NOBODY: Final = Attribution(identity=Identity(key="replay", organisation="replay"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a route would have made of outcomes: a row for each, a column for each threshold."""

    tasks: tuple[str, ...]
    """As production read them."""
    quality: Array
    reference: Array
    """The baseline's quality; 1 where the route has none."""
    cost: Array
    """Expected, in nano-dollars, second answers included; NaN where no price is known."""
    baseline_cost: Array
    unusable: int
    """Outcomes that lack a label which the route needs, or that it cannot serve."""

    def rows(self, chosen: Sequence[int]) -> "Replay":
        """The same of some rows."""
        return Replay(
            tasks=tuple(self.tasks[row] for row in chosen),
            quality=self.quality[chosen],
            reference=self.reference[chosen],
            cost=self.cost[chosen],
            baseline_cost=self.baseline_cost[chosen],
            unusable=0,
        )


@dataclass(frozen=True, slots=True)
class _Row:
    task: str
    quality: Array
    reference: float
    cost: Array
    baseline_cost: float


async def replay(router: Router, route: str, outcomes: Sequence[Outcome], at: int) -> Replay:
    """Decide every outcome again; raises `DataUnusable` if none can be."""
    rows = [await _row(router, route, outcome, at) for outcome in outcomes]
    usable = [row for row in rows if row is not None]
    if not usable:
        models = ", ".join(router.catalogue.routes[route].candidates)
        raise DataUnusable(
            f"No outcome has a label for every model of '{route}' ({models}); label them, or name the models "
            "in the data as in the configuration"
        )
    return Replay(
        tasks=tuple(row.task for row in usable),
        quality=np.array([row.quality for row in usable]),
        reference=np.array([row.reference for row in usable]),
        cost=np.array([row.cost for row in usable]),
        baseline_cost=np.array([row.baseline_cost for row in usable]),
        unusable=len(rows) - len(usable),
    )


async def _row(router: Router, route: str, outcome: Outcome, at: int) -> _Row | None:
    request = ChatRequest(payload={}, model=route, messages=outcome.messages)
    call = Call(request=request, attribution=NOBODY, wishes=Wishes())
    try:
        decision = await router.decide(outcome.id, call, at, Health())
    except ClientError:  # too long for every model: production would not have served it either
        return None
    labels = {each.card.id: label_of(outcome, each.card) for each in decision.candidates}
    reference = 1.0 if decision.baseline is None else label_of(outcome, decision.baseline)
    if reference is None or None in labels.values():
        return None
    edges, choices = _choices(decision)
    column = np.searchsorted(edges, THRESHOLDS, side="left")
    return _Row(
        task=decision.features.reading.task,
        quality=np.array([labels[each.card.id] for each in choices], dtype=float)[column],
        reference=reference,
        cost=np.array([_number(each.expected_cost) for each in choices])[column],
        baseline_cost=next(
            (_number(c.cost) for c in decision.candidates if c.card is decision.baseline), np.nan
        ),
    )


def label_of(outcome: Outcome, card: ModelCard) -> float | None:
    """A model's label, under the catalogue's name for it or the provider's."""
    return outcome.quality.get(card.id, outcome.quality.get(card.upstream))


def _choices(decision: Decision) -> tuple[list[float], list[Candidate]]:
    """The thresholds at which the choice may change, and the choice up to each and beyond the last."""
    edges = sorted({each.lower for each in decision.candidates})
    return edges, [rank(_judged(decision, edge))[0] for edge in [*edges, np.inf]]


def _judged(decision: Decision, threshold: float) -> list[Candidate]:
    return [replace(each, adequate=each.lower >= threshold) for each in decision.candidates]


def _number(cost: int | None) -> float:
    return np.nan if cost is None else float(cost)
