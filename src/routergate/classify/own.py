"""Tasks of the operator's own: by feature tag, else by likeness to their examples, else none of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routergate.classify.artifact import Artifact, Floats
from routergate.classify.excerpt import excerpt
from routergate.classify.grams import BUCKETS, Grams, buckets, grams, stems
from routergate.classify.latent import latent
from routergate.classify.lexicon import TASKS
from routergate.domain.decision import TaskCard
from routergate.domain.model import TaskId

WORDS, MEANING, ENOUGH = 1.0, 0.35, 0.47
"""How much shared words and a like meaning say, and how much it takes to be the task and not none of them."""
EMPHASIS: Final = 2
"""Power of the rarity: what is rare counts, filler does not."""
RARE, COMMON = 4.0, 2
"""Rarity from which a stem names a topic (5 % of all texts have it), and how many of them must be shared."""
INSTRUCTIONS: Final = (
    *(TASKS[kind] for kind in ("translation", "summarisation", "extraction", "classification")),
    "list write rewrite draft check explain describe review turn convert compare",
    "attached below following missing",
)
"""What is to be done, not what it is about: these words are rare in questions and name no topic."""
LEAST: Final = 3
"""Words that an example needs to say anything."""


_VERBS: Final = stems(grams(" ".join(INSTRUCTIONS)))


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Examples of some tasks, as directions."""

    tasks: tuple[TaskId, ...]
    """One per example."""
    words: Floats
    """Examples × buckets that any of them has."""
    columns: NDArray[np.int64]
    """Where each bucket stands in `words`; -1 where no example has it."""
    latents: Floats
    topics: tuple[frozenset[int], ...]
    """Of each example, the stems that are rare enough to name a topic."""


def tagged(cards: Iterable[TaskCard], feature: str | None) -> TaskId | None:
    """The task that a feature tag stands for."""
    return next((card.id for card in cards if feature in card.features), None)


def alike(artifact: Artifact, cards: Iterable[TaskCard], text: Grams, latents: Floats) -> TaskId | None:
    """The task whose example is most like a text, if any is like enough."""
    known = examples(artifact, tuple(cards))
    if not known.tasks or len(text.words) < LEAST:
        return None
    scores = likeness(artifact, known, text, latents)
    best = int(scores.argmax())
    if scores[best] < ENOUGH:
        return None
    shared = topic(artifact, text) & known.topics[best]
    return known.tasks[best] if len(shared) >= COMMON else None


def likeness(artifact: Artifact, known: Examples, text: Grams, latents: Floats) -> Floats:
    """How alike a text and each example are: rare words that they share, and what they are about."""
    numbers, weights = direction(artifact, text)
    columns = known.columns[numbers]
    shared = known.words[:, columns[columns >= 0]] @ weights[columns >= 0]
    about = latents[: artifact.words.shape[1]]
    length = float(np.linalg.norm(about)) or 1.0
    return WORDS * shared + MEANING * (known.latents @ about / length)


@lru_cache(maxsize=8)
def examples(artifact: Artifact, cards: tuple[TaskCard, ...]) -> Examples:
    """The examples of some tasks, read once; those of too few words are left out."""
    texts = [(card.id, excerpt(example)) for card in cards for example in card.examples]
    found = [(task, text, grams(text)) for task, text in texts]
    kept = [(task, text, one) for task, text, one in found if len(one.words) >= LEAST]
    vectors = [direction(artifact, one) for _, _, one in kept]
    present = np.unique(np.concatenate([np.empty(0, np.int64), *(numbers for numbers, _ in vectors)]))
    columns = np.full(BUCKETS, -1)
    columns[present] = np.arange(len(present))
    words = np.zeros((len(kept), len(present)), np.float32)
    for row, (numbers, weights) in enumerate(vectors):
        words[row, columns[numbers]] = weights
    latents = [latent(artifact, text, one)[: artifact.words.shape[1]] for _, text, one in kept]
    lengths = [float(np.linalg.norm(one)) or 1.0 for one in latents]
    units = [one / length for one, length in zip(latents, lengths, strict=True)]
    tasks = tuple(task for task, _, _ in kept)
    topics = tuple(topic(artifact, one) for _, _, one in kept)
    return Examples(tasks, words, columns, np.array(units, np.float32), topics)


def topic(artifact: Artifact, text: Grams) -> frozenset[int]:
    """The stems of a text that few texts have, and that say more than what to do."""
    return frozenset(stem for stem in stems(text) - _VERBS if artifact.rarity[stem] >= RARE)


def direction(artifact: Artifact, text: Grams) -> tuple[NDArray[np.int64], Floats]:
    """The buckets of a text with their weights, at length one."""
    numbers, counts = buckets(text)
    weights = counts * artifact.rarity[numbers] ** EMPHASIS
    return numbers, weights / (float(np.linalg.norm(weights)) or 1.0)
