"""Text → latent vector → tasks and log-odds; plain linear algebra over an artifact."""

import math

import numpy as np

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.grams import Grams, buckets
from routergate.classify.quantity import NAMES
from routergate.classify.shape import shape

SHAPE_WEIGHT = 0.15
"""How much the shape of a text counts beside its words, whose vector has length one."""
LIMIT = 2.0
"""Standard deviations beyond which a shape, a latent number, says nothing more."""


def latent(artifact: Artifact, text: str, found: Grams) -> Floats:
    """What matters of a text: a few dozen numbers, each of mean 0 and deviation 1 over the training.

    What training learned to read comes first, then the text's quantities as they are.
    """
    numbers, counts = buckets(found)
    weights = counts * artifact.rarity.take(numbers)
    rows = artifact.words.take(numbers, axis=0).astype(np.float32)
    length = math.sqrt(np.add.reduce(weights * weights)) or 1.0
    words = (weights / length) @ rows * artifact.word_scale
    steps = scaled(shape(text, found), artifact.shape_mean, artifact.shape_scale)
    return joined((words + steps @ artifact.shapes - artifact.latent_mean) / artifact.latent_scale, steps)


def joined(learned: Floats, steps: Floats) -> Floats:
    """Learned numbers without the extremes that only strange texts have, and quantities."""
    return bounded(np.concatenate((learned, steps[..., -len(NAMES) :] / np.float32(SHAPE_WEIGHT)), axis=-1))


def counted(artifact: Artifact, latents: Floats, shares: Floats) -> Floats:
    """The same, quantities only as far as the text is a word problem: elsewhere they mean something else."""
    learned = artifact.words.shape[1]
    problem = np.asarray(shares @ artifact.counting)[..., None]
    return np.concatenate((latents[..., :learned], latents[..., learned:] * problem), axis=-1)


def scaled(shapes: Floats, mean: Floats, scale: Floats) -> Floats:
    """Shapes as training and use both see them."""
    return _within((shapes - mean) / scale, LIMIT * 3) * np.float32(SHAPE_WEIGHT)


def bounded(latents: Floats) -> Floats:
    """Latent numbers without the extremes that only strange texts have."""
    return _within(latents, LIMIT * 2)


def posterior(artifact: Artifact, latents: Floats) -> Floats:
    """How likely each task is; one row per text, or one for one."""
    return softmax(latents @ artifact.task_weights.T + artifact.task_bias)


def softmax(scores: Floats) -> Floats:
    """Shares that sum to one, whatever the scores."""
    powers: Floats = np.exp(scores - np.maximum.reduce(scores, axis=-1, keepdims=True))
    shares: Floats = powers / np.add.reduce(powers, axis=-1, keepdims=True)
    return shares


def _within(values: Floats, limit: float) -> Floats:
    # As `np.clip` does, at a third of its cost for so few numbers.
    bounded: Floats = np.minimum(np.maximum(values, -limit), limit)
    return bounded
