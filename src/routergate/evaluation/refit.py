"""A trained router and a few hundred labels of other traffic → a router for that traffic."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.latent import bounded, posterior
from routergate.classify.names import canonical, index
from routergate.evaluation.bags import Texts
from routergate.evaluation.heads import Heads, Prior, fitted, logits, task_table
from routergate.evaluation.labels import Labels
from routergate.evaluation.ridge import Design

TRUST = 100.0
"""How many labels the prior's idea of an ability is worth."""


def refitted(prior: Artifact, texts: Texts, table: Labels, about: Mapping[str, Any]) -> Artifact:
    """The prior's reading of texts, with models, their tables and new tasks moved by the labels."""
    seen = latents(prior, texts)
    found = fitted(seen, table, _belief(prior, table))
    known = [name for name in prior.models if name not in table.models]
    kept = np.array([prior.models.index(name) for name in known], np.int64)
    shares = posterior(prior, seen)
    beyond, error = task_table(seen @ found.ability.T + found.bias, shares, table.quality)
    return replace(
        prior,
        models=(*known, *table.models),
        **_joined(prior, kept, found),
        table=np.hstack([prior.table[:, kept], beyond]),
        table_error=np.hstack([prior.table_error[:, kept], error]),
        provenance=about,
    )


def latents(artifact: Artifact, texts: Texts) -> Floats:
    """The latent vectors of many texts."""
    weights = np.vstack([artifact.words * artifact.word_scale, artifact.shapes])
    design = Design.of(texts, artifact.rarity, artifact.shape_mean, artifact.shape_scale)
    return bounded((design.times(weights.astype(np.float32)) - artifact.latent_mean) / artifact.latent_scale)


def log_odds(artifact: Artifact, latents: Floats, models: NDArray[np.int64] | Sequence[int]) -> Floats:
    """How likely each of some models is to be right, in log-odds."""
    chosen = np.asarray(models)
    base = latents @ artifact.ability[chosen].T + artifact.bias[chosen]
    odds: Floats = base + posterior(artifact, latents) @ artifact.table[:, chosen]
    return odds


def _belief(prior: Artifact, table: Labels) -> Prior:
    """What the prior thinks of each model, by any name; of one it never met, what it thinks of models."""
    ability = np.tile(prior.panel[:-1], (len(table.models), 1))
    known = index(prior.models)
    for row, name in enumerate(table.models):
        if numbers := known.get(name) or known.get(canonical(name)):
            ability[row] = prior.ability[list(numbers)].mean(axis=0)
    return Prior(ability.astype(np.float32), logits(table.quality), TRUST)


def _joined(prior: Artifact, kept: NDArray[np.int64], found: Heads) -> dict[str, Any]:
    """What was known of the other models, and what is now known of these."""
    return {
        name: np.concatenate([getattr(prior, name)[kept], getattr(found, name)])
        for name in ("ability", "bias", "centre", "labels")
    }
