"""Outcome files, and models that answer by rule."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from routergate.deciding import Router
from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.model import ModelCard, TaskId
from routergate.domain.request import ChatRequest, Features, Message, Reading
from routergate.evaluation.outcomes import Outcome
from routergate.evaluation.score import Scorer
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.volumes import LearnedVolumes
from routergate.ports import Estimator
from support.builders import a_card, a_catalogue, a_rate_card, a_reading

MINI = a_card("mini", upstream="mini-2024", prices=(a_rate_card("1", "1"),))
LARGE = a_card("large", prices=(a_rate_card("10", "10"),))


class Words:
    """One token for each word."""

    async def count(self, texts: Sequence[str]) -> int:
        return sum(map(self.estimate, texts))

    def estimate(self, text: str) -> int:
        return len(text.split())


@dataclass(frozen=True)
class Oracle:
    """Reads task and chance of each model off the prompt: `law 3 0.95` gives `mini` 0.95 and `large` 0.9."""

    stderr: float = 0.0

    def read(self, request: ChatRequest, catalogue: Catalogue, feature: str | None) -> Reading:
        task, _, chance = request.messages[-1].text.split()
        return a_reading(task=TaskId(task), complexity=1 - float(chance))

    def quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        known = {MINI.id: 1 - features.reading.complexity, LARGE.id: 0.9}
        return [Estimate(mean=known[card.id], stderr=self.stderr) for card in cards]

    def moved(self, features: Features, card: ModelCard) -> Mapping[str, float]:
        return {"difficulty": -features.reading.complexity}


_: type[Estimator] = Oracle


@dataclass(frozen=True)
class Guess:
    """Knows the chance of `mini` from the prompt, and takes every other model for right nine times in ten."""

    stderr: float = 0.0

    def score(self, messages: Sequence[Message], models: Sequence[str]) -> Sequence[Estimate]:
        chance = float(messages[-1].text.split()[-1])
        return [Estimate(mean=chance if model == "mini" else 0.9, stderr=self.stderr) for model in models]


_scorer: type[Scorer] = Guess


def a_router(**route: Any) -> Router:
    """The route `auto` over `mini` and `large`."""
    catalogue = a_catalogue(MINI, LARGE, **{"baseline": LARGE.id, **route})
    return Router(
        catalogue=catalogue,
        estimator=Oracle(),
        tokens=Words(),
        lengths=LearnedLengths(),
        volumes=LearnedVolumes(),
    )


def an_outcome(text: str, quality: Mapping[str, float], line: int = 1, **changes: Any) -> Outcome:
    """How models did on one prompt."""
    values = {"id": f"q/{line}", "source": "quiz", "messages": (Message(role="user", text=text),)}
    return Outcome(line=line, quality=quality, **{**values, **changes})


def a_quiz(count: int, seed: int = 1, tasks: Sequence[str] = ("chat",)) -> tuple[Outcome, ...]:
    """Prompts on which `mini` does as well as the prompt says, and `large` nine times in ten."""
    return tuple(_quiz(count, np.random.default_rng(seed), tasks))


def _quiz(count: int, rng: np.random.Generator, tasks: Sequence[str]) -> Iterator[Outcome]:
    for line in range(1, count + 1):
        chance = round(float(rng.random()), 3)
        quality = {"mini": float(rng.random() < chance), "large": float(rng.random() < 0.9)}
        task = tasks[line % len(tasks)]
        yield an_outcome(f"{task} {line} {chance}", quality, line, task=task)


def written(path: Path, outcomes: Sequence[Outcome]) -> Path:
    """A file of outcomes."""
    rows = (
        {
            "id": each.id,
            "source": each.source,
            "prompt": each.messages[-1].text,
            "task": each.task,
            "quality": dict(each.quality),
            "out_chars": dict(each.out_chars),
        }
        for each in outcomes
    )
    path.write_text("\n".join(map(json.dumps, rows)))
    return path
