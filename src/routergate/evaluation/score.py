"""Estimates for prompts and models by name, for evaluation here and for independent judging."""

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from routergate.classify.trained import TrainedEstimator
from routergate.domain.decision import Estimate
from routergate.domain.request import Message
from routergate.evaluation.outcomes import Questions


class Scorer(Protocol):
    """Who estimates."""

    def score(self, messages: Sequence[Message], models: Sequence[str]) -> Sequence[Estimate]:
        """The probability of an acceptable answer for a conversation, one per model, in the same order."""


def scores(questions: Questions, scorer: Scorer) -> Iterator[str]:
    """One line of JSON for each prompt: `{"id", "quality": {model: mean}, "stderr": {model: error}}`."""
    for asked in questions.asked:
        estimates = scorer.score(asked.messages, questions.models)
        named = dict(zip(questions.models, estimates, strict=True))
        yield json.dumps(
            {
                "id": asked.id,
                "quality": {model: round(estimate.mean, 6) for model, estimate in named.items()},
                "stderr": {model: round(estimate.stderr, 6) for model, estimate in named.items()},
            }
        )


_: type[Scorer] = TrainedEstimator
