"""Outcomes as a table: one row per prompt, one column per model."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Floats
from routergate.domain.request import Message

LEAST = 40
"""Prompts that a task needs to be learned as one."""


class Labelled(Protocol):
    """What training reads of an outcome."""

    @property
    def source(self) -> str:
        """Where it comes from."""

    @property
    def messages(self) -> Sequence[Message]:
        """What was asked."""

    @property
    def task(self) -> str | None:
        """What kind of request it is, where that is known."""

    @property
    def quality(self) -> Mapping[str, float]:
        """How good each model's answer was, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Who answered what how well."""

    models: tuple[str, ...]
    tasks: tuple[str, ...]
    sources: NDArray[np.str_]
    quality: Floats
    """Prompts × models; not a number where a model was not asked."""
    task: NDArray[np.int64]
    """The number of each prompt's task; -1 where it has none."""

    def rows(self, chosen: NDArray[np.int64]) -> "Labels":
        """Some of the prompts."""
        return Labels(self.models, self.tasks, self.sources[chosen], self.quality[chosen], self.task[chosen])


def labels(outcomes: Sequence[Labelled], tasks: Sequence[str] = ()) -> Labels:
    """The table of some outcomes; `tasks` are known beforehand, others are added where they are frequent."""
    names = [_task(outcome) for outcome in outcomes]
    frequent = {name for name, count in Counter(names).items() if name and count >= LEAST}
    known = (*tasks, *sorted(frequent - set(tasks)))
    models = tuple(sorted({model for outcome in outcomes for model in outcome.quality}))
    number = {name: index for index, name in enumerate(known)}
    column = {name: index for index, name in enumerate(models)}
    quality = np.full((len(outcomes), len(models)), np.nan, np.float32)
    for row, outcome in enumerate(outcomes):
        quality[row, [column[model] for model in outcome.quality]] = list(outcome.quality.values())
    return Labels(
        models=models,
        tasks=known,
        sources=np.array([outcome.source for outcome in outcomes]),
        quality=quality,
        task=np.array([number.get(name, -1) for name in names]),
    )


def family(source: str) -> str:
    """The collection that a source belongs to: what stands before its first hyphen."""
    return source.partition("-")[0]


def _task(outcome: Labelled) -> str:
    """Tasks of different collections differ, whatever they are called."""
    return f"{family(outcome.source)}/{outcome.task}" if outcome.task else ""
