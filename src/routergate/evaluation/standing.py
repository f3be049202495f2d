"""How able models are and how hard tasks are, on one scale for all collections.

Collections share models, under one name or another, and that is what makes them comparable: a model that
was only tested on easy prompts must not pass for a strong one.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Floats
from routergate.classify.names import canonical
from routergate.evaluation.labels import Labels

ROUNDS = 60
PULL = 1.0
"""Tasks, models that it takes to believe half of what they say."""
CLIP = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """Log-odds: a model with ability 1 is right on an average task with odds of e."""

    models: Mapping[str, float]
    ability: Floats
    """One per column of the labels."""


def standing(table: Labels) -> Standing:
    """Abilities such that log-odds are ability minus difficulty, as nearly as can be."""
    names = [canonical(model) for model in table.models]
    common = sorted(set(names))
    column = np.array([common.index(name) for name in names])
    found, weight = _cells(table, column, len(common))
    ability, difficulty = np.zeros(len(common)), np.zeros(len(found))
    for _ in range(ROUNDS):
        difficulty = (weight * (ability - found)).sum(axis=1) / (weight.sum(axis=1) + 1e-9)
        ability = (weight * (found + difficulty[:, None])).sum(axis=0) / (weight.sum(axis=0) + PULL)
    each = ability[column].astype(np.float32)
    return Standing(dict(zip(table.models, each.tolist(), strict=True)), each)


def _cells(table: Labels, column: NDArray[np.int64], width: int) -> tuple[Floats, Floats]:
    """Log-odds by task and model, and their weights: many prompts weigh more, but not without end."""
    cells = {
        pair: number for number, pair in enumerate(dict.fromkeys(zip(table.sources, table.task, strict=True)))
    }
    row = np.array([cells[pair] for pair in zip(table.sources, table.task, strict=True)])
    total, count = np.zeros((len(cells), width)), np.zeros((len(cells), width))
    present = ~np.isnan(table.quality)
    rows, models = np.nonzero(present)
    np.add.at(total, (row[rows], column[models]), table.quality[rows, models])
    np.add.at(count, (row[rows], column[models]), 1)
    mean = np.clip((total + 0.5) / (count + 1), CLIP, 1 - CLIP)
    return np.log(mean / (1 - mean)), count / (count + 30)
