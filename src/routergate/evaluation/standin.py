"""How well one model stands in for another: quality by task, cost, latency."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import Final

from routergate.domain.money import Nanos
from routergate.domain.quality import Interval
from routergate.evaluation.rivals import Compared, Side
from routergate.quality.judge import rate
from routergate.quality.sequence import Sequence as Bets
from routergate.quality.sequence import exact

ALL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What one model took for its answers."""

    mean: Nanos | None
    """For one; `None`: not every cost is known."""
    half: float | None
    """Seconds that half of the answers took at most; `None`: there were none."""
    most: float | None
    """And 95 of 100."""
    refused: int
    """Questions that it did not answer: they count as answered wrongly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """The new model beside the baseline, on one kind of task."""

    task: str
    share: Interval
    """Of the baseline's quality that it keeps, however often one looks while the comparison goes on."""
    quality: Interval | None
    """Its own; `None`: only comparisons were made."""
    reference: Interval | None
    """The baseline's own."""
    base_expected: float | None
    """The quality that the router expects of the baseline on these questions."""
    new: Costs
    base: Costs

    def keeps(self, threshold: float) -> bool:
        """Whether it surely keeps that share."""
        return self.share.low >= threshold


def stand_ins(compared: Iterable[Compared], confidence: float) -> Mapping[str, StandIn]:
    """By task, and `all` together; each interval allows for their number."""
    usable = [one for one in compared if one.usable]
    tasks = sorted({one.task for one in usable})
    alpha = (1 - confidence) / max(len(tasks), 1)
    by_task = {task: [one for one in usable if one.task == task] for task in tasks}
    whole = {ALL: _stand_in(ALL, usable, 1 - confidence)} if len(tasks) > 1 else {}
    return {task: _stand_in(task, rows, alpha) for task, rows in by_task.items()} | whole


def _stand_in(task: str, rows: Sequence[Compared], alpha: float) -> StandIn:
    checked = not any(one.judged for one in rows)
    return StandIn(
        task=task,
        share=_share(rows, alpha),
        quality=_own([one.new for one in rows], alpha) if checked else None,
        reference=_own([one.base for one in rows], alpha) if checked else None,
        base_expected=_mean([one.base.expected for one in rows]),
        new=_costs([one.new for one in rows]),
        base=_costs([one.base for one in rows]),
    )


def _share(rows: Sequence[Compared], alpha: float) -> Interval:
    bets = Bets()
    for one in rows:
        bets = bets.after(exact((one.new.quality, one.base.quality)))
    # Better than an answer that is always right nobody can be; than one that is not, anybody.
    certain = all(one.base.quality == 1 for one in rows)
    return bets.interval(alpha, (0.0, 1.0 if certain else 2.0))


def _own(sides: Sequence[Side], alpha: float) -> Interval:
    hits = sum(side.quality == 1 for side in sides)
    bounds = rate(hits, len(sides), alpha)
    return Interval(estimate=hits / len(sides), low=bounds.low, high=bounds.high, count=len(sides))


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _costs(sides: Sequence[Side]) -> Costs:
    costs = [side.cost for side in sides if side.cost is not None]
    seconds = [side.seconds for side in sides if not side.refused]
    cuts = quantiles([*seconds, *seconds], n=20, method="inclusive") if seconds else None
    return Costs(
        mean=Nanos(round(sum(costs) / len(costs))) if len(costs) == len(sides) else None,
        half=cuts[9] if cuts else None,
        most=cuts[18] if cuts else None,
        refused=sum(side.refused for side in sides),
    )
