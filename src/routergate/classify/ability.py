"""Latent vector → the probability that a model of the data is right, and how far that can be trusted."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.latent import counted, posterior

HELD: Final = 300.0
"""Labels that hold every ability to the average, as in training."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Log-odds of being right, and their standard error."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """A text as abilities see it."""

    counted: Floats
    """Its latent numbers, as far as they count."""
    shares: Floats
    """How likely each task is."""


@dataclass(frozen=True, eq=False)
class Abilities:
    """What an artifact knows of its models, for one text at a time."""

    artifact: Artifact

    def sight(self, latents: Floats) -> Sight:
        """What is the same for all models."""
        shares = posterior(self.artifact, latents)
        return Sight(counted(self.artifact, latents, shares), shares)

    def odds(self, sight: Sight, groups: Sequence[tuple[int, ...]]) -> Sequence[Odds | None]:
        """Of models that each stand under one or several names in the data: what they say together.

        None for one that stands under no name.
        """
        names = [name for group in groups for name in group]
        rest = iter(self._each(sight, names))
        return [_together([next(rest) for _ in group]) if group else None for group in groups]

    def panel(self, sight: Sight) -> float:
        """Log-odds of an average model."""
        return float(sight.counted @ self.artifact.panel[:-1] + self.artifact.panel[-1])

    def moved(self, sight: Sight, models: tuple[int, ...]) -> Mapping[str, float]:
        """What moved a model's log-odds away from its odds on an average text, and by how much."""
        artifact, chosen = self.artifact, list(models)
        learned = artifact.words.shape[1]
        each = sight.counted * artifact.ability[chosen].mean(axis=0)
        on_task = sight.shares @ artifact.table[:, chosen].mean(axis=1)
        parts = {
            "wording and form": each[:learned].sum(),
            "quantities": each[learned:].sum(),
            "task": on_task,
        }
        return {name: float(artifact.calibration[0] * part) for name, part in parts.items()}

    def level(self, models: tuple[int, ...]) -> float:
        """Log-odds of a model on an average text."""
        return float(self.artifact.bias[list(models)].mean())

    def _each(self, sight: Sight, chosen: Sequence[int]) -> Sequence[tuple[float, float]]:
        """Means and variances; the farther from what a model was tested on, the less is known."""
        seen = np.concatenate((sight.counted, sight.shares), dtype=np.float64)
        means, variances = self._tables[:, chosen] @ np.concatenate((seen, seen * seen, (1.0,)))
        return list(zip(means.tolist(), variances.tolist(), strict=True))

    @cached_property
    def _tables(self) -> Floats:
        """Means and variances of all models as plain sums: what a text's numbers, their squares and 1 weigh.

        A variance is that of few labels, that of a text far from those labels, that of the tasks' table, and
        what no label tells.
        """
        artifact = self.artifact
        table, error, scale = artifact.table.T, artifact.table_error.T, artifact.calibration[0]
        labels = np.maximum(artifact.labels / 4, 1)[:, None]
        centre, strange = artifact.centre, 1 / (labels + HELD)
        nothing, alike = np.zeros_like(table), np.ones_like(centre) * strange
        far = strange * np.square(centre).sum(axis=1, keepdims=True)
        known = 1 / labels + far + np.square(artifact.residual)[:, None]
        mean = (artifact.ability, table, np.zeros_like(centre), nothing, artifact.bias[:, None])
        variance = (-2 * strange * centre, nothing, alike, np.square(error), known)
        return np.stack([scale * np.hstack(mean), np.hstack(variance)], dtype=np.float64)


def _together(witnesses: Sequence[tuple[float, float]]) -> Odds:
    """What several names of one model say: the same model in several places is not several witnesses.

    They share what the text hides.
    """
    if len(witnesses) == 1:
        [(mean, variance)] = witnesses
        return Odds(mean, math.sqrt(variance))
    weights = [1 / variance for _, variance in witnesses]
    mean = sum(weight * mean for weight, (mean, _) in zip(weights, witnesses, strict=True)) / sum(weights)
    apart = [weight * (one - mean) ** 2 for weight, (one, _) in zip(weights, witnesses, strict=True)]
    return Odds(mean, math.sqrt(min(variance for _, variance in witnesses) + sum(apart) / sum(weights)))
