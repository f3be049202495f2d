"""Do outcomes lie within the 95 % bands of the estimates? One cell is a model on a task of a source."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from routergate.classify.artifact import Artifact
from routergate.classify.trained import TrainedEstimator
from routergate.evaluation.outcomes import Outcome

LEAST, SAMPLE, CELLS = 30, 12, 200
SURE = 1.96


@dataclass(frozen=True, slots=True)
class Cell:
    """Mean estimate and its mean standard error, mean outcome and its standard error."""

    estimate: float
    error: float
    outcome: float
    noise: float

    @property
    def covered(self) -> bool:
        """Whether the outcome is where it was expected."""
        return abs(self.estimate - self.outcome) < SURE * float(np.hypot(self.error, self.noise))


def coverage(artifact: Artifact, outcomes: Sequence[Outcome]) -> tuple[int, float, float]:
    """How many cells, the share that is covered, and how far their means are off (root mean square)."""
    found = tuple(_cells(TrainedEstimator(artifact), outcomes))
    missed = np.array([cell.estimate - cell.outcome for cell in found])
    covered = float(np.mean([cell.covered for cell in found]))
    return len(found), covered, float(np.sqrt(np.square(missed).mean()))


def _cells(estimator: TrainedEstimator, outcomes: Sequence[Outcome]) -> Iterator[Cell]:
    """Of a sample of cells, and of prompts in each."""
    groups: dict[tuple[str, str | None, str], list[Outcome]] = defaultdict(list)
    for one in outcomes:
        for model in one.quality:
            groups[model, one.task, one.source].append(one)
    large = [key for key, members in groups.items() if len(members) >= LEAST]
    for number in np.random.default_rng(0).permutation(len(large))[:CELLS]:
        yield _cell(estimator, large[number][0], groups[large[number]])


def _cell(estimator: TrainedEstimator, model: str, members: Sequence[Outcome]) -> Cell:
    quality = np.array([one.quality[model] for one in members])
    chosen = members[:: max(1, len(members) // SAMPLE)]
    [*estimates] = (estimator.score(one.messages, [model])[0] for one in chosen)
    return Cell(
        float(np.mean([each.mean for each in estimates])),
        float(np.mean([each.stderr for each in estimates])),
        float(quality.mean()),
        float(np.sqrt(max(quality.var(), 0.01) / len(quality))),
    )
