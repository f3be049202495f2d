"""Outcomes → artifact: from nothing, or from another artifact and a few hundred labels.

The latent vector is fitted first, by ridge regression. Models and tasks are then fitted on latent vectors of
texts that the regression had not seen, because those are what production will meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.excerpt import question
from routergate.classify.grams import BUCKETS
from routergate.classify.latent import counted, joined, posterior, scaled
from routergate.evaluation.anchors import anchored
from routergate.evaluation.bags import Texts, rarity, read
from routergate.evaluation.groups import groups
from routergate.evaluation.heads import heads, probability, task_head, task_table
from routergate.evaluation.labels import Labelled, Labels, family, labels
from routergate.evaluation.refit import refitted
from routergate.evaluation.ridge import Design, ridge
from routergate.evaluation.targets import Targets, targets

PENALTY, STEPS = 4.0, 10
FOLDS = 3
FAILING = (0.3, 0.5, 0.7)
"""Shares of models that fail where medium, hard and frontier begin."""
LICENCES = {
    "routellm": "Apache-2.0, lm-sys/RouteLLM",
    "mmlu_pro": "Apache-2.0, TIGER-AI-Lab/MMLU-Pro",
    "zeroeval": "Apache-2.0, WildEval/ZeroEval",
    "llmrouter": "MIT, ulab-uiuc/LLMRouter",
}
"""Of the public collections, by the first part of their sources' names."""
WORD_PROBLEMS = frozenset({"gsm", "gsm8k", "agentverse-mgsm"})
"""Tasks of the public collections that are stories with numbers."""
RESIDUAL = 0.8
"""Log-odds by which estimates miss on a source that training has not met; measured by leaving sources out."""


@dataclass(frozen=True, slots=True, eq=False)
class Encoder:
    """Texts to raw latent numbers."""

    weights: Floats
    """One row per bucket, then one per element of a shape."""
    rarity: Floats
    mean: Floats
    scale: Floats


def fit(outcomes: Sequence[Labelled], *, prior: Artifact | None, seed: int, trained_on: str) -> Artifact:
    """The artifact of some outcomes.

    With a `prior`, its reading of texts is kept, and its models and tasks are moved as far as the outcomes
    carry. The same outcomes and seed give the same artifact on the same machine.
    """
    about = provenance(outcomes, prior, seed, trained_on)
    if prior is not None:
        return refitted(prior, _texts(outcomes), labels(outcomes, prior.tasks), about)
    everything = anchored(outcomes)
    rng = np.random.default_rng(seed)
    return fresh(_texts(everything), labels(everything), groups(everything), rng, about)


def _texts(outcomes: Sequence[Labelled]) -> Texts:
    return read([question(outcome.messages) for outcome in outcomes])


def fresh(
    texts: Texts, table: Labels, group: NDArray[np.int64], rng: np.random.Generator, about: dict[str, Any]
) -> Artifact:
    """An artifact from nothing but outcomes."""
    wanted = targets(table, rng)
    encoder = encoded(texts, wanted)
    raw = _unseen(texts, wanted, rng.permutation(group.max() + 1)[group] % FOLDS)
    mean, scale = raw.mean(axis=0), np.maximum(raw.std(axis=0), 1e-6)
    latents = joined((raw - mean) / scale, scaled(texts.shapes, encoder.mean, encoder.scale))
    return replace(learned(_blank(encoder, table, mean, scale), latents, table), provenance=about)


def encoded(texts: Texts, wanted: Targets) -> Encoder:
    """What the latent numbers are made of."""
    mean, scale = texts.shapes.mean(axis=0), np.maximum(texts.shapes.std(axis=0), 1e-3)
    weights = rarity(texts.bags)
    return Encoder(
        ridge(Design.of(texts, weights, mean, scale), wanted, PENALTY, STEPS), weights, mean, scale
    )


def _unseen(texts: Texts, wanted: Targets, fold: NDArray[np.int64]) -> Floats:
    """Latent numbers of every text by a regression that has seen neither it nor its like."""
    raw = np.zeros_like(wanted.values)
    for number in range(FOLDS):
        rest, held = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        encoder = encoded(texts.rows(rest), Targets(wanted.values[rest], wanted.known[rest]))
        raw[held] = Design.of(texts.rows(held), encoder.rarity, encoder.mean, encoder.scale).times(
            encoder.weights
        )
    return raw


def learned(blank: Artifact, latents: Floats, table: Labels) -> Artifact:
    """An artifact whose heads are fitted to some latent vectors and their labels."""
    tasks = task_head(latents, table.task, len(table.tasks))
    shares = posterior(replace(blank, task_weights=tasks[0], task_bias=tasks[1]), latents)
    seen = counted(blank, latents, shares)
    found = heads(seen, table)
    odds = seen @ found.ability.T + found.bias
    beyond, error = task_table(odds, shares, table.quality)
    return replace(
        blank,
        task_weights=tasks[0],
        task_bias=tasks[1],
        ability=found.ability,
        bias=found.bias,
        centre=found.centre,
        labels=found.labels,
        residual=np.full(len(table.models), RESIDUAL, np.float32),
        panel=found.panel,
        levels=boundaries(seen @ found.panel[:-1] + found.panel[-1], table.quality),
        table=beyond,
        table_error=error,
    )


def boundaries(odds: Floats, quality: Floats) -> tuple[float, float, float]:
    """Complexities at which the share of models that fail passes each of `FAILING`, by the outcomes."""
    present = ~np.isnan(quality)
    failed = 1 - np.nan_to_num(quality).sum(axis=1) / np.maximum(present.sum(axis=1), 1)
    order = np.argsort(-odds)
    complexity, share = probability(-odds[order]), rising(failed[order])
    medium, hard, frontier = np.interp(FAILING, share, complexity).tolist()
    return medium, hard, frontier


def rising(values: Floats) -> Floats:
    """The nearest numbers that never fall: neighbours in the wrong order share their mean."""
    pools: list[tuple[float, int]] = []
    for value in values.tolist():
        total, count = value, 1
        while pools and pools[-1][0] * count >= total * pools[-1][1]:
            before, members = pools.pop()
            total, count = total + before, count + members
        pools.append((total, count))
    return np.repeat([total / count for total, count in pools], [count for _, count in pools])


def _blank(encoder: Encoder, table: Labels, mean: Floats, scale: Floats) -> Artifact:
    """An artifact that can read and knows nothing of models."""
    words, shapes = encoder.weights[:BUCKETS], encoder.weights[BUCKETS:]
    unit = np.maximum(np.abs(words).max(axis=0), 1e-9) / 127
    none = np.zeros(0, np.float32)
    return Artifact(
        models=table.models,
        tasks=table.tasks,
        words=np.rint(words / unit).astype(np.int8),
        word_scale=unit,
        rarity=encoder.rarity,
        shapes=shapes,
        shape_mean=encoder.mean,
        shape_scale=encoder.scale,
        latent_mean=mean,
        latent_scale=scale,
        task_weights=none,
        task_bias=none,
        counting=np.array([_problem(task) for task in table.tasks], np.float32),
        ability=none,
        bias=none,
        table=none,
        table_error=none,
        centre=none,
        labels=none,
        residual=none,
        panel=none,
        levels=(0.25, 0.5, 0.75),
        calibration=(1.0, RESIDUAL),
    )


def _problem(task: str) -> bool:
    return task.rpartition("/")[2] in WORD_PROBLEMS


def provenance(
    outcomes: Sequence[Labelled], prior: Artifact | None, seed: int, trained_on: str
) -> dict[str, Any]:
    """Where an artifact comes from."""
    sources, counts = np.unique([outcome.source for outcome in outcomes], return_counts=True)
    lineage = [*prior.provenance.get("lineage", ()), prior.checksum] if prior is not None else []
    return {
        "trained_on": trained_on,
        "seed": seed,
        "sources": dict(zip(sources.tolist(), counts.tolist(), strict=True)),
        "licences": {name: LICENCES[name] for name in sorted(set(map(family, sources)) & LICENCES.keys())},
        "lineage": lineage,
    }
