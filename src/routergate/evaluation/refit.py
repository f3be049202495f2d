"""A trained router and a few hundred labels of other traffic → a router for that traffic."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.latent import counted, joined, posterior
from routergate.classify.names import canonical, index
from routergate.evaluation.bags import Texts
from routergate.evaluation.heads import Heads, Prior, fitted, held, logits, task_table
from routergate.evaluation.labels import Labels
from routergate.evaluation.ridge import Design

FAMILIAR = 0.3
"""Log-odds by which estimates miss on traffic of which there were labels; measured on unseen questions."""
TRUST = 100.0
"""How many labels the prior's idea of an ability is worth."""


def refitted(prior: Artifact, texts: Texts, table: Labels, about: Mapping[str, Any]) -> Artifact:
    """The prior's reading of texts, with models, their tables and new tasks moved by the labels."""
    return moved(prior, latents(prior, texts), table, about)


def moved(prior: Artifact, seen: Floats, table: Labels, about: Mapping[str, Any]) -> Artifact:
    """The same from the latent vectors of the texts."""
    shares = posterior(prior, seen)
    used = counted(prior, seen, shares)
    found = fitted(used, table, _belief(prior, table))
    known = [name for name in prior.models if name not in table.models]
    kept = np.array([prior.models.index(name) for name in known], np.int64)
    beyond, error = task_table(used @ found.ability.T + found.bias, shares, table.quality)
    return replace(
        prior,
        models=(*known, *table.models),
        **_joined(prior, kept, found),
        table=np.hstack([prior.table[:, kept], beyond]),
        residual=np.append(prior.residual[kept], np.full(len(table.models), FAMILIAR)).astype(np.float32),
        table_error=np.hstack([prior.table_error[:, kept], error]),
        provenance=about,
    )


def latents(artifact: Artifact, texts: Texts) -> Floats:
    """The latent vectors of many texts."""
    weights = np.vstack([artifact.words * artifact.word_scale, artifact.shapes])
    design = Design.of(texts, artifact.rarity, artifact.shape_mean, artifact.shape_scale)
    learned = (design.times(weights.astype(np.float32)) - artifact.latent_mean) / artifact.latent_scale
    return joined(learned, design.shapes)


def log_odds(artifact: Artifact, latents: Floats, models: NDArray[np.int64] | Sequence[int]) -> Floats:
    """How likely each of some models is to be right, in log-odds."""
    chosen = np.asarray(models)
    shares = posterior(artifact, latents)
    base = counted(artifact, latents, shares) @ artifact.ability[chosen].T + artifact.bias[chosen]
    odds: Floats = base + shares @ artifact.table[:, chosen]
    return odds


def _belief(prior: Artifact, table: Labels) -> Prior:
    """What the prior thinks of each model, by any name; of one it never met, what it thinks of models."""
    ability = np.tile(prior.panel[:-1], (len(table.models), 1))
    known = index(prior.models)
    for row, name in enumerate(table.models):
        if numbers := known.get(name) or known.get(canonical(name)):
            ability[row] = prior.ability[list(numbers)].mean(axis=0)
    return Prior(ability.astype(np.float32), logits(table.quality), held(ability.shape[1], TRUST))


def _joined(prior: Artifact, kept: NDArray[np.int64], found: Heads) -> dict[str, Any]:
    """What was known of the other models, and what is now known of these."""
    return {
        name: np.concatenate([getattr(prior, name)[kept], getattr(found, name)])
        for name in ("ability", "bias", "centre", "labels")
    }
