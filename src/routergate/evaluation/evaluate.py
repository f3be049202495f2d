"""A router beside chance, prompt length and perfection, on outcomes that it has not seen."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from routergate.domain.errors import DataUnusable
from routergate.evaluation.frontier import Frontier, frontier
from routergate.evaluation.metrics import (
    Array,
    Bin,
    Measured,
    Rows,
    apgr,
    calibration_error,
    cpt,
    curve,
    interval,
    intervals,
    reliability,
)
from routergate.evaluation.sheet import Sheet

SEED: Final = 1
FEW: Final = 30
"""A task with fewer prompts than this has no line of its own."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A way to choose between the weak and the strong model, and how well it does."""

    name: str
    apgr: Measured
    cpt50: Measured
    cpt80: Measured
    points: tuple[tuple[float, float], ...]
    """Share of strong calls, and mean quality."""


@dataclass(frozen=True, slots=True)
class ModelLine:
    """One model by itself."""

    name: str
    prompts: int
    quality: float
    estimate: float
    """What was expected of it, on average."""
    cost: float | None
    """Dollars per thousand prompts; `None` where no price is known."""


@dataclass(frozen=True, slots=True)
class TaskLine:
    """One task: what the two models and the router do on it."""

    task: str
    prompts: int
    weak: float
    strong: float
    apgr: Measured
    error: float | None
    """Calibration error over all models."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that an evaluation found."""

    prompts: int
    questions: int
    """Different ones."""
    weak: str
    strong: str
    contenders: tuple[Contender, ...]
    models: tuple[ModelLine, ...]
    frontier: Frontier | None
    reliability: tuple[Bin, ...]
    error: Measured
    """Expected calibration error."""
    tasks: tuple[TaskLine, ...]


def evaluate(sheet: Sheet, weak: str | None = None, strong: str | None = None) -> Report:
    """Measure. By default the best model is the strong one; the cheapest, or else the worst, the weak one."""
    better = _column(sheet, strong) if strong else int(np.nanargmax(_means(sheet)))
    worse = _column(sheet, weak) if weak else _weak(sheet, better)
    both = _both(sheet, worse, better)
    return Report(
        prompts=len(sheet.labels),
        questions=len(np.unique(sheet.groups)),
        weak=sheet.models[worse],
        strong=sheet.models[better],
        contenders=_contenders(both, worse, better),
        models=tuple(_model(sheet, column) for column in range(len(sheet.models))),
        frontier=frontier(sheet),
        reliability=reliability(*_pairs(sheet)),
        error=interval(lambda rows: calibration_error(*_pairs(sheet, rows)), sheet.groups, seed=SEED),
        tasks=tuple(_tasks(both, worse, better)),
    )


def _column(sheet: Sheet, model: str) -> int:
    if model not in sheet.models:
        raise DataUnusable(f"No outcome is of '{model}'; the models are {', '.join(sheet.models)}")
    return sheet.models.index(model)


def _means(sheet: Sheet) -> Array:
    """The quality of each model that was asked about as often as the others; NaN for the rest."""
    asked = (~np.isnan(sheet.labels)).sum(axis=0)
    means: Array = np.where(2 * asked >= asked.max(), np.nansum(sheet.labels, axis=0) / asked, np.nan)
    return means


def _weak(sheet: Sheet, strong: int) -> int:
    means = _means(sheet)
    if np.isnan(np.delete(means, strong)).all():
        raise DataUnusable("No two models were asked about as often; name the two with --weak and --strong")
    costs = np.where(np.isnan(means), np.nan, sheet.costs.mean(axis=0))
    costs[strong] = means[strong] = np.nan
    return int(np.nanargmin(means if np.isnan(costs).all() else costs))


def _both(sheet: Sheet, weak: int, strong: int) -> Sheet:
    """The prompts that both models answered."""
    rows = np.flatnonzero(~np.isnan(sheet.labels[:, weak] + sheet.labels[:, strong]))
    if not len(rows):
        raise DataUnusable(f"No prompt was answered by both {sheet.models[weak]} and {sheet.models[strong]}")
    return sheet.rows(rows)


def _contenders(sheet: Sheet, weak: int, strong: int) -> tuple[Contender, ...]:
    worse, better = sheet.labels[:, weak], sheet.labels[:, strong]
    scores = {
        "router": sheet.estimates[:, strong] - sheet.estimates[:, weak],
        "random": np.zeros(len(worse)),
        "prompt length": sheet.lengths,
        "oracle": better - worse,
    }
    return tuple(_contender(name, score, worse, better, sheet.groups) for name, score in scores.items())


def _contender(name: str, score: Array, weak: Array, strong: Array, groups: Rows) -> Contender:
    def figures(rows: Rows) -> tuple[float | None, ...]:
        drawn = curve(score[rows], weak[rows], strong[rows])
        return apgr(drawn), cpt(drawn, 0.5), cpt(drawn, 0.8)

    whole = curve(score, weak, strong)
    points = () if whole is None else zip(whole.share.tolist(), whole.quality.tolist(), strict=True)
    area, half, most = intervals(figures, groups, seed=SEED)
    return Contender(name, area, half, most, tuple(points))


def _model(sheet: Sheet, column: int) -> ModelLine:
    known = ~np.isnan(sheet.labels[:, column])
    cost = float(sheet.costs[known, column].mean()) / 1e6
    return ModelLine(
        name=sheet.models[column],
        prompts=int(known.sum()),
        quality=float(sheet.labels[known, column].mean()),
        estimate=float(sheet.estimates[known, column].mean()),
        cost=None if np.isnan(cost) else cost,
    )


def _pairs(sheet: Sheet, rows: Rows | None = None) -> tuple[Array, Array]:
    """Every estimate whose outcome is known, and the outcome."""
    labels = sheet.labels if rows is None else sheet.labels[rows]
    estimates = sheet.estimates if rows is None else sheet.estimates[rows]
    known = ~np.isnan(labels)
    return estimates[known], labels[known]


def _tasks(sheet: Sheet, weak: int, strong: int) -> Iterator[TaskLine]:
    """The tasks with enough prompts, the most frequent first."""
    names = np.array(sheet.tasks)
    for task, count in Counter(sheet.tasks).most_common():
        if count >= FEW:
            yield _task(task, sheet.rows(np.flatnonzero(names == task)), weak, strong)


def _task(task: str, sheet: Sheet, weak: int, strong: int) -> TaskLine:
    worse, better = sheet.labels[:, weak], sheet.labels[:, strong]
    gain = sheet.estimates[:, strong] - sheet.estimates[:, weak]
    return TaskLine(
        task=task,
        prompts=len(worse),
        weak=float(worse.mean()),
        strong=float(better.mean()),
        apgr=interval(
            lambda rows: apgr(curve(gain[rows], worse[rows], better[rows])),
            sheet.groups,
            seed=SEED,
            draws=200,
        ),
        error=calibration_error(*_pairs(sheet)),
    )
