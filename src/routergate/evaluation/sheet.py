"""Outcomes beside estimates and costs, as arrays: a row for each prompt, a column for each model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from routergate.domain.model import ModelCard
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.evaluation.groups import groups
from routergate.evaluation.metrics import Array, Rows
from routergate.evaluation.outcomes import Outcome
from routergate.evaluation.score import Scorer

CHARS_PER_TOKEN: Final = 4
USUAL_OUTPUT: Final = 300
"""Tokens of an answer whose length nobody has recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What is known of each prompt and model. NaN: unknown."""

    models: tuple[str, ...]
    labels: Array
    estimates: Array
    costs: Array
    """Nano-dollars."""
    lengths: Array
    """Characters of each prompt."""
    tasks: tuple[str, ...]
    groups: Rows
    """The same number for the same question, wherever it comes from."""

    def rows(self, chosen: Rows) -> "Sheet":
        """The same of some prompts."""
        return Sheet(
            models=self.models,
            labels=self.labels[chosen],
            estimates=self.estimates[chosen],
            costs=self.costs[chosen],
            lengths=self.lengths[chosen],
            tasks=tuple(self.tasks[row] for row in chosen),
            groups=self.groups[chosen],
        )


def sheet(outcomes: Sequence[Outcome], scorer: Scorer, cards: Mapping[str, ModelCard], on: date) -> Sheet:
    """Everything about the outcomes; a model without a card has no price."""
    models = tuple(dict.fromkeys(model for outcome in outcomes for model in outcome.quality))
    scored = (scorer.score(outcome.messages, models) for outcome in outcomes)
    texts = ["\n".join(message.text for message in outcome.messages) for outcome in outcomes]
    return Sheet(
        models=models,
        labels=np.array([[outcome.quality.get(model, np.nan) for model in models] for outcome in outcomes]),
        estimates=np.array([[estimate.mean for estimate in row] for row in scored]),
        costs=_costs(outcomes, models, cards, on),
        lengths=np.array([float(len(text)) for text in texts]),
        tasks=tuple(outcome.task or "none" for outcome in outcomes),
        groups=groups(outcomes),
    )


def _costs(
    outcomes: Sequence[Outcome], models: Sequence[str], cards: Mapping[str, ModelCard], on: date
) -> Array:
    usual = {model: _usual(outcomes, model) for model in models if model in cards}
    return np.array(
        [
            [_cost(outcome, cards.get(model), model, usual.get(model, 0), on) for model in models]
            for outcome in outcomes
        ]
    )


def _usual(outcomes: Sequence[Outcome], model: str) -> int:
    """Tokens of the model's answers on average, as far as they are known."""
    known = [outcome.out_chars[model] for outcome in outcomes if model in outcome.out_chars]
    return round(sum(known) / len(known) / CHARS_PER_TOKEN) if known else USUAL_OUTPUT


def _cost(outcome: Outcome, card: ModelCard | None, model: str, usual: int, on: date) -> float:
    if card is None:
        return np.nan
    written = outcome.out_chars.get(model)
    usage = Usage(
        input_uncached=sum(len(message.text) for message in outcome.messages) // CHARS_PER_TOKEN,
        output=usual if written is None else written // CHARS_PER_TOKEN,
    )
    cost = price(card, usage, on)
    return np.nan if cost is None else float(cost)
