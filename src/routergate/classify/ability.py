"""Latent vector → the probability that a model of the data is right, and how far that can be trusted."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.latent import posterior

HELD: Final = 300.0
"""Labels that hold every ability to the average, as in training."""


@dataclass(frozen=True, slots=True)
class Odds:
    """Log-odds of being right, and their standard error."""

    mean: float
    error: float


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an artifact knows of its models, for one text at a time."""

    artifact: Artifact

    def odds(self, latents: Floats, models: tuple[int, ...]) -> Odds:
        """Of a model that stands under one or several names in the data: what they say together."""
        chosen = list(models)
        means, variances = self._each(latents, chosen)
        weights = 1 / variances
        # The same model in several places is not several witnesses: they share what the text hides.
        mean = float((weights * means).sum() / weights.sum())
        spread = float((weights * np.square(means - mean)).sum() / weights.sum())
        return Odds(mean, float(np.sqrt(variances.min() + spread)))

    def panel(self, latents: Floats) -> float:
        """Log-odds of an average model."""
        return float(latents @ self.artifact.panel[:-1] + self.artifact.panel[-1])

    def level(self, models: tuple[int, ...]) -> float:
        """Log-odds of a model on an average text."""
        return float(self.artifact.bias[list(models)].mean())

    def _each(self, latents: Floats, chosen: list[int]) -> tuple[Floats, Floats]:
        """Means and variances; the farther from what a model was tested on, the less is known."""
        artifact = self.artifact
        shares = posterior(artifact, latents)
        scale, residual = artifact.calibration
        means = (
            latents @ artifact.ability[chosen].T + artifact.bias[chosen] + shares @ artifact.table[:, chosen]
        )
        labels = np.maximum(artifact.labels[chosen] / 4, 1)
        strange = np.square(latents - artifact.centre[chosen]).sum(axis=1)
        on_task = np.square(shares) @ np.square(artifact.table_error[:, chosen])
        return scale * means, 1 / labels + strange / (labels + HELD) + on_task + residual**2
