"""What quality costs: lines of mean cost and mean quality, from the cheapest choice to the best."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from routergate.evaluation.metrics import Array, Rows
from routergate.evaluation.sheet import Sheet

STEPS: Final = np.linspace(0, 1, 41)


@dataclass(frozen=True, slots=True)
class Line:
    """A way to choose, at several prices: dollars per thousand prompts, and mean quality."""

    name: str
    points: tuple[tuple[float, float], ...]

    def cost_of(self, quality: float) -> float | None:
        """The least that so much quality costs; `None` if it is not reached."""
        return min((cost for cost, reached in self.points if reached >= quality), default=None)


@dataclass(frozen=True, slots=True)
class Frontier:
    """Every way to choose among the priced models, on prompts that all of them answered."""

    prompts: int
    best: str
    """The best of them on average."""
    lines: tuple[Line, ...]
    models: tuple[Line, ...]
    """Each of them for everything: lines of one point."""


def frontier(whole: Sheet) -> Frontier | None:
    """The lines, or `None` where fewer than two models have prices and answered the same prompts."""
    sheet = _only(whole, _comparable(whole))
    if len(sheet.models) < 2 or not len(sheet.labels):
        return None
    mean, cost = sheet.labels.mean(axis=0), sheet.costs.mean(axis=0)
    best, cheapest = int(mean.argmax()), int(cost.argmin())
    lines = (
        Line("router", _routed(sheet, best)),
        Line("random", (_point(sheet, np.full(len(sheet.labels), cheapest)), _all(sheet, best))),
        Line("prompt length", _by_length(sheet, cheapest, best)),
        Line("oracle", _oracle(sheet, cheapest)),
    )
    models = tuple(Line(name, (_all(sheet, column),)) for column, name in enumerate(sheet.models))
    return Frontier(len(sheet.labels), sheet.models[best], lines, models)


def _comparable(sheet: Sheet) -> Rows:
    """The models with prices that answered most of the prompts."""
    priced = ~np.isnan(sheet.costs).any(axis=0)
    asked = ~np.isnan(sheet.labels)
    return np.flatnonzero(priced & (asked.mean(axis=0) > 0.5))


def _only(sheet: Sheet, columns: Rows) -> Sheet:
    """Some models, on the prompts that all of them answered."""
    rows = sheet.rows(np.flatnonzero(~np.isnan(sheet.labels[:, columns]).any(axis=1)))
    return Sheet(
        models=tuple(sheet.models[column] for column in columns),
        labels=rows.labels[:, columns],
        estimates=rows.estimates[:, columns],
        costs=rows.costs[:, columns],
        lengths=rows.lengths,
        tasks=rows.tasks,
        groups=rows.groups,
    )


def _routed(sheet: Sheet, best: int) -> tuple[tuple[float, float], ...]:
    """The cheapest model whose estimate is a share of the best model's, for every share."""
    share = np.minimum(sheet.estimates / np.maximum(sheet.estimates[:, [best]], 1e-6), 1)
    edges = np.unique(np.quantile(share, STEPS, method="higher"))
    choices = (np.where(share >= edge, sheet.costs, np.inf).argmin(axis=1) for edge in edges)
    return tuple(_point(sheet, chosen) for chosen in choices)


def _by_length(sheet: Sheet, cheapest: int, best: int) -> tuple[tuple[float, float], ...]:
    """The best model for prompts above a length, the cheapest for all others."""
    edges = np.quantile(sheet.lengths, STEPS)
    return tuple(_point(sheet, np.where(sheet.lengths >= edge, best, cheapest)) for edge in edges)


def _oracle(sheet: Sheet, cheapest: int) -> tuple[tuple[float, float], ...]:
    """The cheapest of the right models where it pays most, for every share of the prompts."""
    right = sheet.labels >= sheet.labels.max(axis=1, keepdims=True)
    chosen = np.where(right, sheet.costs, np.inf).argmin(axis=1)
    rows = np.arange(len(chosen))
    gain = sheet.labels[rows, chosen] - sheet.labels[:, cheapest]
    extra = sheet.costs[rows, chosen] - sheet.costs[:, cheapest]
    worth = np.argsort(-gain / np.maximum(extra, 1e-9), kind="stable")
    place = np.argsort(worth)
    return tuple(_point(sheet, np.where(place < share * len(rows), chosen, cheapest)) for share in STEPS)


def _all(sheet: Sheet, column: int) -> tuple[float, float]:
    return _point(sheet, np.full(len(sheet.labels), column))


def _point(sheet: Sheet, chosen: Array | Rows) -> tuple[float, float]:
    """Dollars per thousand prompts and mean quality, of one choice of model for each prompt."""
    rows = np.arange(len(chosen))
    return float(sheet.costs[rows, chosen].mean() / 1e6), float(sheet.labels[rows, chosen].mean())
