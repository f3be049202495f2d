"""Ridge regression of many targets on sparse texts, each target on the rows where it is known."""

from dataclasses import dataclass

import numpy as np

from routergate.classify.artifact import Floats
from routergate.classify.grams import BUCKETS
from routergate.classify.latent import scaled
from routergate.evaluation.bags import Sparse, Texts, weighed
from routergate.evaluation.targets import Targets


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """Texts as a matrix: weighed buckets, then scaled shapes."""

    bags: Sparse
    shapes: Floats

    @classmethod
    def of(cls, texts: Texts, rarity: Floats, mean: Floats, scale: Floats) -> "Design":
        """With the weights and scales of a training."""
        return cls(weighed(texts.bags, rarity), scaled(texts.shapes, mean, scale))

    def times(self, weights: Floats) -> Floats:
        """The product with weights, one row per bucket and per element of a shape."""
        return self.bags.times(weights[:BUCKETS]) + self.shapes @ weights[BUCKETS:]


def ridge(design: Design, wanted: Targets, penalty: float, steps: int) -> Floats:
    """Weights by conjugate gradients, one per target at a time; few steps are a penalty too."""
    transposed, names = design.bags.transposed()

    def back(errors: Floats) -> Floats:
        weights = np.zeros((BUCKETS + design.shapes.shape[1], errors.shape[1]), np.float32)
        weights[names] = transposed.times(errors)
        weights[BUCKETS:] = design.shapes.T @ errors
        return weights

    residual = back(wanted.known * wanted.values)
    weights, direction, norm = np.zeros_like(residual), residual.copy(), np.square(residual).sum(axis=0)
    for _ in range(steps):
        image = back(wanted.known * design.times(direction)) + np.float32(penalty) * direction
        length = norm / np.maximum((direction * image).sum(axis=0), 1e-12)
        weights += length * direction
        residual -= length * image
        following = np.square(residual).sum(axis=0)
        direction = residual + following / np.maximum(norm, 1e-12) * direction
        norm = following
    return weights
