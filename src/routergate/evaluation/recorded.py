"""A trained router, and what was said of its answers → a router for that traffic, without any prompt."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from routergate.classify.artifact import Artifact
from routergate.domain.errors import DataUnusable
from routergate.evaluation.labels import Labels
from routergate.evaluation.refit import moved
from routergate.evaluation.train import provenance

LEAST = 50
"""Rated answers from which anything is learned."""
SOURCE = "feedback"


class RatedAnswer(Protocol):
    """What training reads of a request that somebody has rated."""

    @property
    def model(self) -> str:
        """As the configuration calls it."""

    @property
    def latent(self) -> Sequence[float]:
        """What the estimator read of it."""

    @property
    def estimator(self) -> str:
        """The way of reading those numbers come from."""

    @property
    def rating(self) -> float:
        """0 to 1."""


def learned(
    prior: Artifact, answers: Sequence[RatedAnswer], names: Mapping[str, str], trained_on: str
) -> Artifact:
    """The prior, with its models moved as far as the ratings carry; `names` are those that it looks up.

    Raises `DataUnusable` if too few answers were read as the prior reads.
    """
    alike = [one for one in answers if one.estimator == prior.reading]
    if len(alike) < LEAST:
        others = len(answers) - len(alike)
        beside = (
            f"; {others} more were read by another router, start from that with --prior" if others else ""
        )
        raise DataUnusable(f"{len(alike)} answers of the ledger are rated, and {LEAST} are needed{beside}")
    latents = np.array([one.latent for one in alike], np.float32)
    return moved(prior, latents, _labels(prior, alike, names), _about(prior, alike, trained_on))


def _labels(prior: Artifact, answers: Sequence[RatedAnswer], names: Mapping[str, str]) -> Labels:
    called = [names.get(one.model, one.model) for one in answers]
    models = tuple(sorted(set(called)))
    quality = np.full((len(answers), len(models)), np.nan, np.float32)
    quality[np.arange(len(answers)), [models.index(name) for name in called]] = [
        one.rating for one in answers
    ]
    return Labels(
        models=models,
        tasks=prior.tasks,
        sources=np.full(len(answers), SOURCE),
        quality=quality,
        task=np.full(len(answers), -1),
    )


def _about(prior: Artifact, answers: Sequence[RatedAnswer], trained_on: str) -> dict[str, object]:
    return {
        **provenance((), prior, 0, trained_on),
        "sources": {SOURCE: len(answers)},
        "rated": dict(sorted(Counter(one.model for one in answers).items())),
    }
