"""What is believed of a model without outcomes: by its class and category, with a wide error."""

import math
from collections.abc import Mapping
from typing import Final

from routergate.domain.model import Category, ModelCard, ModelClass, TaskId

BY_CLASS: Final[Mapping[ModelClass, float]] = {
    ModelClass.ECONOMY: 0.85,
    ModelClass.SELF_HOSTED: 0.80,
    ModelClass.FRONTIER: 0.95,
}
BY_CATEGORY: Final[Mapping[Category, float]] = {Category.REASONING: 0.96, Category.FINE_TUNED: 0.82}
"""Where the category says more than the class."""
ON_ITS_TASK: Final = 0.93
"""A specialist on a task that it was made for."""
DECLARED_ERROR, TASK_ERROR, CLASS_ERROR = 0.05, 0.08, 0.1


def declared(card: ModelCard, task: TaskId) -> float | None:
    """What the operator says of a model on a task."""
    return card.quality.get(task, card.quality.get("default"))


def prior(card: ModelCard, task: TaskId) -> tuple[float, float]:
    """What is believed of a model on a task before the request is looked at: mean and standard error."""
    said = declared(card, task)
    if said is not None:
        return said, DECLARED_ERROR
    if task in card.serves:
        return ON_ITS_TASK, TASK_ERROR
    return BY_CATEGORY.get(card.category, BY_CLASS[card.model_class]), CLASS_ERROR


def log_odds(probability: float) -> float:
    """Log-odds of a probability, bounded where it is certain."""
    bounded = min(max(probability, 0.001), 0.999)
    return math.log(bounded / (1 - bounded))
