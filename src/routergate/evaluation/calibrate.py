"""The cheapest threshold of a route that keeps its promise, with a stated confidence.

Learn-then-Test with a fixed sequence (Angelopoulos and others, 2022): from the safest threshold on, each is
tested; the first that fails ends it, and the last that passed is the one. Tasks with enough outcomes have a
sequence of their own, all others share one; the doubt is divided among them, so that all hold together.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import takewhile

import numpy as np

from routergate.domain.calibration import Calibration, Setting
from routergate.domain.decision import RoutePolicy
from routergate.domain.errors import DataUnusable
from routergate.domain.model import TaskId
from routergate.evaluation.bounds import kept, labels_expected, labels_needed, p_value
from routergate.evaluation.replay import THRESHOLDS, Replay

SEED = 20_260_101
"""Outcomes are tested in random order, but in the same one each time."""
PLENTY = 4
"""How many times the fewest labels a task must have for a threshold of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What is to be kept, and how surely."""

    target: float
    confidence: float
    fallback: bool
    """Whether the baseline is a candidate, which keeps the promise where nothing cheaper is shown to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A setting for some outcomes, and what it would have done with them."""

    setting: Setting
    cost: float | None
    """Expected, as a share of the baseline's; `None` where a price is unknown."""
    missing: int | None = None
    """Where nothing could be shown: labels that it lacks, roughly; `None`: it is not for want of labels."""


def calibrate(replay: Replay, promise: Promise) -> Mapping[TaskId | None, Found]:
    """A setting for each task that has enough outcomes, and under `None` one for all others.

    Raises `DataUnusable` if the promise cannot be shown to be kept, and says how many labels are missing.
    """
    alpha = 1 - promise.confidence
    fewest = labels_needed(promise.target, alpha)
    if len(replay.tasks) < fewest:
        raise DataUnusable(
            f"{len(replay.tasks):,} usable outcomes are too few to show anything at confidence "
            f"{promise.confidence:g}: {fewest - len(replay.tasks):,} labels are missing at least"
        )
    replay = replay.rows(np.random.default_rng(SEED).permutation(len(replay.tasks)).tolist())
    groups = _groups(replay.tasks, promise)
    return {
        task: _found(replay.rows(rows), promise, alpha / len(groups), task) for task, rows in groups.items()
    }


@dataclass(frozen=True, slots=True)
class Source:
    """What a calibration was made of, and when."""

    estimator: str
    digest: str
    made: date


def calibration(
    policy: RoutePolicy, promise: Promise, found: Mapping[TaskId | None, Found], source: Source
) -> Calibration:
    """What was found for a route, as it names it."""
    return Calibration(
        route=policy.id,
        candidates=policy.candidates,
        baseline=policy.baseline,
        target=promise.target,
        confidence=promise.confidence,
        bound=policy.bound,
        otherwise=found[None].setting,
        tasks={task: each.setting for task, each in found.items() if task is not None},
        estimator=source.estimator,
        digest=source.digest,
        made=source.made,
    )


def _groups(tasks: Sequence[str], promise: Promise) -> Mapping[TaskId | None, Sequence[int]]:
    """Rows by task. Those of the smaller tasks, under `None`, are as many as one group needs."""
    counts = Counter(tasks).most_common()
    own = [task for task, _ in counts]
    while own and not _enough(own, Counter(tasks), promise):
        own.pop()
    groups: dict[TaskId | None, list[int]] = {None: []}
    for row, task in enumerate(tasks):
        groups.setdefault(TaskId(task) if task in own else None, []).append(row)
    return groups


def _enough(own: Sequence[str], counts: Mapping[str, int], promise: Promise) -> bool:
    """Whether each of these tasks, and all others together, have enough outcomes."""
    needed = PLENTY * labels_needed(promise.target, (1 - promise.confidence) / (len(own) + 1))
    rest = sum(count for task, count in counts.items() if task not in own)
    return min(rest, *(counts[task] for task in own)) >= needed


def _found(rows: Replay, promise: Promise, alpha: float, task: TaskId | None) -> Found:
    keeps = (p_value(column, rows.reference, promise.target, alpha) <= alpha for column in rows.quality.T)
    passed = sum(1 for _ in takewhile(bool, keeps))
    if passed:
        return _setting(rows, passed - 1, promise, alpha)
    missing = _missing(rows, promise, alpha)
    if promise.fallback:
        setting = Setting(threshold=None, labels=len(rows.tasks), kept=None)
        return Found(setting=setting, cost=1.0, missing=missing)
    raise DataUnusable(_nothing_shown(task, promise, missing))


def _setting(rows: Replay, column: int, promise: Promise, alpha: float) -> Found:
    share = float(rows.cost[:, column].sum() / rows.baseline_cost.sum())
    setting = Setting(
        threshold=float(THRESHOLDS[column]),
        labels=len(rows.tasks),
        kept=round(kept(rows.quality[:, column], rows.reference, alpha, promise.target), 4),
    )
    return Found(setting=setting, cost=None if np.isnan(share) else share)


def _missing(rows: Replay, promise: Promise, alpha: float) -> int | None:
    """The labels that the safest threshold lacks, if outcomes stay as they are."""
    needed = labels_expected(rows.quality[:, 0], rows.reference, promise.target, alpha)
    return None if needed is None else max(needed - len(rows.tasks), 1)


def _nothing_shown(task: TaskId | None, promise: Promise, missing: int | None) -> str:
    where = "other tasks" if task is None else f"task '{task}'"
    remedy = (
        "the outcomes speak against it; lower the target, or add a better model"
        if missing is None
        else f"about {missing:,} labels are missing"
    )
    return f"No threshold can be shown to keep {promise.target:g} for {where}: {remedy}"
