"""Latent vectors + labels → what each model can do, each pulled toward what models can do on average."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Floats
from routergate.classify.quantity import NAMES
from routergate.evaluation.labels import Labels

NEWTON_STEPS = 6
COMMON = 100.0
"""How strongly every ability is held to zero before the average is known, in labels."""
OWN = 300.0
"""How strongly a model's ability is held to the average of all."""
QUANTITY = 30.0
"""The same for a text's quantities, which only word problems have."""
SHARED_ON_TASK, OWN_ON_TASK = 12.0, 400.0
"""Labels that move the odds of all models on a task half-way, and those of one model beyond the others."""
FREQUENCY = 0.3
"""How far a task's share of the training is believed of the traffic: 0 not at all, 1 fully."""


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """Ability and bias of each model (M × K, M), where they were learned, and from how much."""

    ability: Floats
    bias: Floats
    centre: Floats
    labels: Floats
    panel: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What is believed of each model before its labels: ability (M × K), and its strength in labels (K)."""

    ability: Floats
    bias: Floats
    strength: Floats
    bias_strength: float = 1.0


def heads(latents: Floats, table: Labels) -> Heads:
    """Fitted twice: toward zero, and then toward the average of that."""
    width, count = latents.shape[1], len(table.models)
    first = fitted(
        latents,
        table,
        Prior(np.zeros((count, width), np.float32), logits(table.quality), held(width, COMMON)),
    )
    weights = first.labels / first.labels.sum()
    average = (weights @ first.ability).astype(np.float32)
    second = fitted(latents, table, Prior(np.tile(average, (count, 1)), first.bias, held(width, OWN)))
    return replace(second, panel=np.append(average, weights @ second.bias).astype(np.float32))


def held(width: int, learned: float) -> Floats:
    """How strongly each latent number is held: learned ones first, then a text's quantities."""
    return np.append(np.full(width - len(NAMES), learned), np.full(len(NAMES), QUANTITY))


def fitted(latents: Floats, table: Labels, prior: Prior) -> Heads:
    """Each model's ability by logistic regression around a prior."""
    ability, bias = prior.ability.copy(), prior.bias.copy()
    centre, labels = np.zeros_like(ability), np.zeros(len(bias), np.float32)
    for model in range(len(table.models)):
        rows = np.flatnonzero(~np.isnan(table.quality[:, model]))
        if len(rows):
            seen, right = latents[rows], table.quality[rows, model]
            weights = _logistic(seen, right, np.append(ability[model], bias[model]), prior)
            ability[model], bias[model] = weights[:-1], weights[-1]
            odds = probability(seen @ weights[:-1] + weights[-1])
            centre[model], labels[model] = seen.mean(axis=0), 4 * (odds * (1 - odds)).sum()
    return Heads(ability, bias, centre, labels, np.zeros(latents.shape[1] + 1, np.float32))


def _logistic(seen: Floats, right: Floats, start: Floats, prior: Prior) -> Floats:
    """Newton's method from the prior mean, held to it."""
    design = np.hstack([seen, np.ones((len(seen), 1), np.float32)]).astype(np.float64)
    holding = np.append(prior.strength, prior.bias_strength)
    weights = start.astype(np.float64)
    for _ in range(NEWTON_STEPS):
        odds = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        slope = design.T @ (right - odds) - holding * (weights - start)
        bend = (design * (odds * (1 - odds))[:, None]).T @ design + np.diag(holding + 1e-6)
        weights = weights + np.linalg.solve(bend, slope)
    return weights.astype(np.float32)


def logits(quality: Floats) -> Floats:
    """Each model's log-odds over all its prompts; even where it has none."""
    present = (~np.isnan(quality)).sum(axis=0)
    mean = (np.nan_to_num(quality).sum(axis=0) + 0.5) / (present + 1)
    odds: Floats = np.log(mean / (1 - mean)).astype(np.float32)
    return odds


def task_head(latents: Floats, task: NDArray[np.int64], count: int) -> tuple[Floats, Floats]:
    """Weights and biases that tell the tasks apart: classes of one shape around their means."""
    width = latents.shape[1]
    means, shares, within = np.zeros((count, width)), np.zeros(count), 1e-3 * np.eye(width)
    for number in range(count):
        members = latents[task == number]
        shares[number] = (len(members) + 1) / (len(latents) + count)
        if len(members):
            means[number] = members.mean(axis=0)
            within += (members - means[number]).T @ (members - means[number]) / len(latents)
    weights = np.linalg.solve(within, means.T).T
    bias = FREQUENCY * np.log(shares) - 0.5 * (weights * means).sum(axis=1)
    return weights.astype(np.float32), bias.astype(np.float32)


def task_table(odds: Floats, shares: Floats, quality: Floats) -> tuple[Floats, Floats]:
    """Log-odds of each model on each task beyond `odds`, and their standard errors.

    What is alike in all models is believed on few labels; what sets one apart from them only on many, because
    whoever chooses between two models lives by their difference.
    """
    missed, known = _missed(odds, shares, quality)
    together = known.sum(axis=1) + SHARED_ON_TASK / 4
    shared = missed.sum(axis=1) / together
    missed, known = _missed(odds + (shares @ shared)[:, None], shares, quality)
    alone = known + OWN_ON_TASK / 4
    error = np.sqrt(1 / together[:, None] + 1 / alone)
    return (shared[:, None] + missed / alone).astype(np.float32), error.astype(np.float32)


def _missed(odds: Floats, shares: Floats, quality: Floats) -> tuple[Floats, Floats]:
    """By task and model: how much more was right than was expected, and the information in that."""
    present = ~np.isnan(quality)
    right = probability(odds)
    missed = np.where(present, np.nan_to_num(quality) - right, 0).astype(np.float32)
    return shares.T @ missed, shares.T @ (present * right * (1 - right)).astype(np.float32)


def probability(odds: Floats) -> Floats:
    """Log-odds as a probability."""
    against: Floats = np.exp(-np.clip(odds, -30, 30))
    return 1 / (1 + against)
