"""What the latent vector is made to tell apart: how models fared, and which task it was."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Floats
from routergate.evaluation.labels import Labels
from routergate.evaluation.standing import standing

DIRECTIONS = 6
"""Latent numbers that a source may have of its own at most: the ways in which its models differ most."""
PER_DIRECTION = 300
"""Prompts that each of them takes."""
TASK_DIRECTIONS = 24
COVERED = 0.7
"""Share of a collection's prompts that a model must have answered to be compared there."""
SCALE = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """Numbers to predict, one column each, and where they are known."""

    values: Floats
    known: Floats
    """1 where a value is known, else 0."""


def targets(table: Labels, rng: np.random.Generator) -> Targets:
    """Difficulty and gain over all collections, the main directions of each, and the task."""
    columns = [*_shared(table)]
    for source in np.unique(table.sources):
        columns.extend(_directions(table, np.flatnonzero(table.sources == source)))
    values = np.stack([value for value, _ in columns], axis=1)
    known = np.stack([mask for _, mask in columns], axis=1)
    tasks = _tasks(table, rng)
    has_task = np.repeat(table.task[:, None] >= 0, tasks.shape[1], axis=1)
    return Targets(
        np.hstack([values, tasks]).astype(np.float32), np.hstack([known, has_task]).astype(np.float32)
    )


def _shared(table: Labels) -> Iterator[tuple[Floats, NDArray[np.bool_]]]:
    """How well models do on the whole, and how much better the strong ones do than the weak ones."""
    everyone, gains = np.zeros((2, len(table.sources)), np.float32)
    ability = standing(table).ability
    for source in np.unique(table.sources):
        rows = np.flatnonzero(table.sources == source)
        quality = table.quality[np.ix_(rows, covered(table, rows))]
        order = np.argsort(np.nanmean(quality, axis=0))
        third = max(1, len(order) // 3)
        gain = _mean(quality[:, order[-third:]]) - _mean(quality[:, order[:third]])
        expected = 1 / (1 + np.exp(-ability[covered(table, rows)]))
        everyone[rows], gains[rows] = _mean(quality - expected), _centred(gain)
    always = np.ones(len(everyone), np.bool_)
    yield everyone, always
    yield gains, always


def _directions(table: Labels, rows: NDArray[np.int64]) -> Iterator[tuple[Floats, NDArray[np.bool_]]]:
    """Along which lines the models of one collection differ most."""
    quality = table.quality[np.ix_(rows, covered(table, rows))]
    residual = np.nan_to_num(quality - np.nanmean(quality, axis=0))
    _, _, axes = np.linalg.svd(residual, full_matrices=False)
    known = np.zeros(len(table.sources), np.bool_)
    known[rows] = True
    for axis in axes[: min(DIRECTIONS, max(1, round(len(rows) / PER_DIRECTION)))]:
        along = residual @ (axis * np.sign(axis.sum() or 1.0))
        values = np.zeros(len(known), np.float32)
        values[rows] = SCALE * along / (along.std() or 1.0)
        yield values, known


def _tasks(table: Labels, rng: np.random.Generator) -> Floats:
    """Random mixtures of the tasks, rare ones as loud as frequent ones."""
    members = np.zeros((len(table.task), len(table.tasks)), np.float32)
    members[np.flatnonzero(table.task >= 0), table.task[table.task >= 0]] = 1
    members -= members.mean(axis=0)
    members /= np.sqrt(members.var(axis=0) + 0.002)
    width = min(TASK_DIRECTIONS, len(table.tasks))
    mixture, _ = np.linalg.qr(rng.normal(size=(len(table.tasks), width)))
    mixed = members @ mixture
    loud: Floats = SCALE * mixed / np.maximum(mixed.std(axis=0), 1e-6)
    return loud


def covered(table: Labels, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """The models that answered most of some prompts."""
    return np.flatnonzero((~np.isnan(table.quality[rows])).mean(axis=0) >= COVERED)


def _mean(quality: Floats) -> Floats:
    """Of the answers that there are."""
    present = ~np.isnan(quality)
    mean: Floats = np.nan_to_num(quality).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    return mean


def _centred(values: Floats) -> Floats:
    centred: Floats = values - values.mean()
    return centred
