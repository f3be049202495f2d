"""Text → latent vector → tasks and log-odds; plain linear algebra over an artifact."""

import numpy as np

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.grams import Grams, buckets
from routergate.classify.shape import shape

SHAPE_WEIGHT = 0.1
"""How much the shape of a text counts beside its words, whose vector has length one."""
LIMIT = 2.0
"""Standard deviations beyond which a shape, a latent number, says nothing more."""


def latent(artifact: Artifact, text: str, found: Grams) -> Floats:
    """What matters of a text: a few dozen numbers, each of mean 0 and deviation 1 over the training."""
    numbers, counts = buckets(found)
    rows = artifact.words[numbers].astype(np.float32)
    length = float(np.sqrt(np.square(counts * artifact.rarity[numbers]).sum())) or 1.0
    words = (counts * artifact.rarity[numbers] / length) @ rows * artifact.word_scale
    raw = words + scaled(shape(text, found), artifact.shape_mean, artifact.shape_scale) @ artifact.shapes
    return bounded((raw - artifact.latent_mean) / artifact.latent_scale)


def scaled(shapes: Floats, mean: Floats, scale: Floats) -> Floats:
    """Shapes as training and use both see them."""
    steps: Floats = np.clip((shapes - mean) / scale, -LIMIT * 3, LIMIT * 3)
    return steps * np.float32(SHAPE_WEIGHT)


def bounded(latents: Floats) -> Floats:
    """Latent numbers without the extremes that only strange texts have."""
    return np.clip(latents, -LIMIT * 2, LIMIT * 2)


def posterior(artifact: Artifact, latents: Floats) -> Floats:
    """How likely each task is; one row per text, or one for one."""
    return softmax(latents @ artifact.task_weights.T + artifact.task_bias)


def softmax(scores: Floats) -> Floats:
    """Shares that sum to one, whatever the scores."""
    powers: Floats = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return shares


def probability(odds: Floats) -> Floats:
    """Log-odds as a probability."""
    against: Floats = np.exp(-np.clip(odds, -30, 30))
    return 1 / (1 + against)
