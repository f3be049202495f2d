"""Estimates for prompts and models by name, for evaluation here and for independent judging."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from routergate.classify.features import features
from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.model import Category, ModelCard, ModelClass, ModelId, ProviderId
from routergate.domain.request import ChatRequest, Message
from routergate.evaluation.outcomes import Questions
from routergate.ports import Estimator


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


@dataclass(frozen=True, slots=True)
class ByName:
    """An estimator of the gateway's, asked about models that it knows by name only."""

    estimator: Estimator

    def score(self, messages: Sequence[Message], models: Sequence[str]) -> Sequence[Estimate]:
        """What it expects of each model, of which it is told nothing else."""
        request = ChatRequest(payload={}, model="", messages=tuple(messages))
        reading = self.estimator.read(request, Catalogue(), None)
        return self.estimator.quality(features(request, reading, 0), [_card(model) for model in models])


@cache
def _card(model: str) -> ModelCard:
    return ModelCard(
        id=ModelId(model),
        provider=ProviderId("unknown"),
        upstream=model,
        model_class=ModelClass.ECONOMY,
        category=Category.COMMERCIAL_SMALL,
        context_tokens=1,
    )


_: type[Scorer] = ByName
