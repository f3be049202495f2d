"""Latent vector → the probability that a model of the data is right, and how far that can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an artifact knows of its models, for one text at a time."""

    artifact: Artifact

    def sight(self, latents: Floats) -> Sight:
        """What is the same for all models."""
        shares = posterior(self.artifact, latents)
        return Sight(counted(self.artifact, latents, shares), shares)

    def odds(self, sight: Sight, models: tuple[int, ...]) -> Odds:
        """Of a model that stands under one or several names in the data: what they say together."""
        chosen = list(models)
        means, variances = self._each(sight, chosen)
        weights = 1 / variances
        # The same model in several places is not several witnesses: they share what the text hides.
        mean = float((weights * means).sum() / weights.sum())
        spread = float((weights * np.square(means - mean)).sum() / weights.sum())
        return Odds(mean, float(np.sqrt(variances.min() + spread)))

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

    def _each(self, sight: Sight, chosen: list[int]) -> tuple[Floats, Floats]:
        """Means and variances; the farther from what a model was tested on, the less is known."""
        artifact = self.artifact
        latents, shares = sight.counted, sight.shares
        scale, _ = artifact.calibration
        means = (
            latents @ artifact.ability[chosen].T + artifact.bias[chosen] + shares @ artifact.table[:, chosen]
        )
        labels = np.maximum(artifact.labels[chosen] / 4, 1)
        strange = np.square(latents - artifact.centre[chosen]).sum(axis=1)
        on_task = np.square(shares) @ np.square(artifact.table_error[:, chosen])
        return scale * means, 1 / labels + strange / (labels + HELD) + on_task + artifact.residual[
            chosen
        ] ** 2
