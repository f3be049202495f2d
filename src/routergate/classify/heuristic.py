"""A first estimator: words, shapes and declared priors. A trained one takes its place behind the same port.

Its numbers are judgement, not measurement; docs/routing.md says how far they can be trusted.
"""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from routergate.classify.language import language
from routergate.classify.lexicon import DOMAINS, EFFORT, TASKS, index, most, tally
from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.model import Category, ModelCard, ModelClass, TaskId
from routergate.domain.request import ChatRequest, Features, Level, Reading
from routergate.ports import Estimator

_WORD: Final = re.compile(r"[^\W_]+")
_TASKS: Final = index(TASKS)
_DOMAINS: Final = index(DOMAINS)

HEAD, TAIL = 4_000, 2_000
"""Characters that are read of a long text: its beginning and its end, where the instructions stand."""

LEVELS: Final = ((0.25, Level.SIMPLE), (0.5, Level.MEDIUM), (0.75, Level.HARD), (math.inf, Level.FRONTIER))

BY_CLASS: Final[Mapping[ModelClass, float]] = {
    ModelClass.ECONOMY: 0.85,
    ModelClass.SELF_HOSTED: 0.80,
    ModelClass.FRONTIER: 0.95,
}
BY_CATEGORY: Final[Mapping[Category, float]] = {Category.REASONING: 0.96, Category.FINE_TUNED: 0.82}
"""Where the category says more than the class."""

ON_ITS_TASK = 0.93
"""A specialist on a task that it was made for."""
SLOPE = 4.0
"""Log-odds that a model loses between the easiest and the hardest request."""


@dataclass(frozen=True, slots=True)
class HeuristicEstimator:
    """Task, domain and language by words; complexity by shape and effort; quality by declared priors."""

    def read(self, request: ChatRequest, catalogue: Catalogue, feature: str | None) -> Reading:
        """What the last question says, and how much conversation lies before it."""
        ask = _excerpt(_last_question(request))
        words = _WORD.findall(ask.lower())
        unique = set(words)
        task = _declared_task(catalogue, feature, unique) or _task(ask, unique, bool(request.needs))
        complexity = _complexity(ask, words, unique, len(request.messages))
        return Reading(
            task=task,
            domain=most(tally(unique, _DOMAINS), "general"),
            language=language(ask, unique),
            complexity=complexity,
            level=level(complexity),
        )

    def quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        """The prior of each model, moved by how hard the request is."""
        return [_quality(card, features.reading) for card in cards]


def level(complexity: float) -> Level:
    """Complexity in a word."""
    return next(name for bound, name in LEVELS if complexity < bound)


def prior(card: ModelCard, task: TaskId) -> tuple[float, float]:
    """What is believed of a model on a task before the request is looked at: mean and standard error."""
    declared = card.quality.get(task, card.quality.get("default"))
    if declared is not None:
        return declared, 0.05
    if task in card.serves:
        return ON_ITS_TASK, 0.08
    return BY_CATEGORY.get(card.category, BY_CLASS[card.model_class]), 0.1


def _quality(card: ModelCard, reading: Reading) -> Estimate:
    mean, stderr = prior(card, reading.task)
    bounded = min(max(mean, 0.001), 0.999)
    log_odds = math.log(bounded / (1 - bounded)) - SLOPE * (reading.complexity - 0.5)
    return Estimate(mean=1 / (1 + math.exp(-log_odds)), stderr=stderr)


def _last_question(request: ChatRequest) -> str:
    asked = (message.text for message in reversed(request.messages) if message.role == "user")
    return next(asked, request.messages[-1].text if request.messages else "")


def _excerpt(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _task(ask: str, unique: set[str], has_needs: bool) -> TaskId:
    counts = tally(unique, _TASKS)
    if "```" in ask:
        counts["code"] = counts.get("code", 0) + 2
    return TaskId(most(counts, "tools" if has_needs and len(unique) < 12 else "chat"))


def _declared_task(catalogue: Catalogue, feature: str | None, unique: set[str]) -> TaskId | None:
    """The operator's own task: by the request's feature, else by likeness to an example."""
    for card in catalogue.tasks.values():
        if feature in card.features or any(_alike(unique, example) for example in card.examples):
            return card.id
    return None


def _alike(unique: set[str], example: str) -> bool:
    """Whether most words of an example stand in the text; very short examples say too little."""
    wanted = Counter(_WORD.findall(example.lower()))
    return len(wanted) >= 3 and sum(word in unique for word in wanted) >= 0.7 * len(wanted)


def _complexity(ask: str, words: Sequence[str], unique: set[str], turns: int) -> float:
    """0..1: a logistic of length, effort words, code, formulas, instructions and turns."""
    # A set has no order, a sum of floats does: `fsum` gives the same in any.
    effort = min(math.fsum(EFFORT[word] for word in EFFORT.keys() & unique), 2.5)
    shape = (
        0.35 * math.log1p(len(words) / 20)
        + 0.5 * ("```" in ask)
        + 0.12 * min(sum(ask.count(sign) for sign in "=^∑∫√≤$\\"), 6)
        + 0.08 * min(ask.count("\n- ") + ask.count("\n1") + ask.count("?"), 6)
        + 0.10 * (sum(len(word) > 9 for word in unique) ** 0.5)
        + 0.05 * min(turns - 1, 6)
    )
    return 1 / (1 + math.exp(2.6 - 1.6 * (effort + shape)))


_: type[Estimator] = HeuristicEstimator
