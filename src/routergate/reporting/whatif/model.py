"""What if there were another model?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import ibis
from ibis import Table

from routergate.classify.prior import log_odds, prior
from routergate.classify.trained import SLOPE
from routergate.domain.decision import RoutePolicy
from routergate.domain.model import Capability, ModelCard, TaskId
from routergate.reporting.costs import expected, of_card
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from routergate.reporting.whatif.change import Supposed, compared
from routergate.reporting.whatif.choice import NO, as_written, chosen, eligible
from routergate.reporting.whatif.moved import LENGTHS, moved

Expression = Any
"""Of ibis, which has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newcomer:
    """A model that a route might have."""

    card: ModelCard
    policy: RoutePolicy
    usual: float
    """Log-odds of an average model on an average text (`artifact.panel[-1]`)."""
    residual: float
    """By which estimates miss in log-odds, at least (`artifact.calibration[1]`)."""


def with_model(rows: Table, question: Question, it: Newcomer, models: Mapping[str, ModelCard]) -> Report:
    """The traffic of a route with one candidate more."""
    rows = rows.filter(rows.route == it.policy.id)
    rows = rows.mutate(enlarged=_enlarged(rows, it))
    picked = chosen(rows, rows.enlarged, it.policy, rows.threshold, as_written(it.policy))
    supposed = Supposed(
        title=f"If {it.policy.id} had {it.card.id}",
        rows=moved(rows, picked, {**models, str(it.card.id): it.card}),
        assumptions=_assumptions(it),
        quality=True,
    )
    return compared(supposed, question)


def quality(rows: Table, it: Newcomer) -> tuple[Expression, Expression]:
    """What the router would expect of it and the standard error, by what its card says and by complexity.

    As `classify.trained` has it for a model without outcomes.
    """
    named = {task for task in (*it.card.quality, *it.card.serves) if task != "default"}
    said = {task: prior(it.card, TaskId(task)) for task in sorted(named)}
    change = SLOPE * (_log_odds(1 - rows.complexity) - it.usual)
    odds = [
        (rows.task == task, log_odds(mean) + (0.0 if task in it.card.serves else change))
        for task, (mean, _) in said.items()
    ]
    errors = [
        (rows.task == task, ibis.literal(_error(mean, stderr, it.residual)))
        for task, (mean, stderr) in said.items()
    ]
    usual, unsure = prior(it.card, TaskId("default"))
    mean = 1 / (1 + (-_cases(odds, log_odds(usual) + change)).exp())
    error = _cases(errors, ibis.literal(_error(usual, unsure, it.residual)))
    return mean, mean * (1 - mean) * error


def _assumptions(it: Newcomer) -> tuple[str, ...]:
    said = ", ".join(f"{task} {value:g}" for task, value in it.card.quality.items()) or "of its class"
    return (
        (
            f"{it.card.id} is taken for as good as its card says (quality: {said}), more or less by how hard "
            "each request was taken to be, and to write as much as the model that was chosen."
        ),
        LENGTHS,
    )


def _enlarged(rows: Table, it: Newcomer) -> Expression:
    """The candidates, and the new one where it could answer."""
    before = eligible(rows)
    return _able(rows, it.card).ifelse(before.concat(ibis.array([_candidate(rows, it)])), before)


def _able(rows: Table, card: ModelCard) -> Expression:
    """As `route.filters` has it, as far as rows know."""
    lacking = sorted(set(Capability) - card.capabilities)
    needs = rows.needs.filter(lambda one: one.isin([need.value for need in lacking])).length() == 0
    room = rows.input_tokens + rows.max_output_tokens.fill_null(0) <= card.context_tokens
    form = rows.format.isin(sorted(form.value for form in card.formats))
    task = rows.task.isin(sorted(card.serves)) if card.serves else ibis.literal(value=True)
    return (needs & room & form & task).fill_null(NO)


def _candidate(rows: Table, it: Newcomer) -> Expression:
    mean, error = quality(rows, it)
    reference = ibis.greatest(rows.baseline_quality.fill_null(1.0), 1e-6)
    output = rows.candidates[0].output_tokens
    amount = of_card(
        expected(rows, rows.input_tokens, ibis.literal(0, "int64"), output * rows.choices), it.card
    )
    values = {
        "model": ibis.literal(str(it.card.id)),
        "quality": ibis.least(mean / reference, 1.0).cast("float64"),
        "stderr": (error / reference).cast("float64"),
        "output_tokens": output,
        "cached_tokens": ibis.null("int64"),
        "cost_nanos": amount,
        "loaded_cost_nanos": amount,
        "reason": ibis.null("string"),
    }
    kinds = rows.candidates.type().value_type
    return ibis.struct({name: values[name].cast(kind) for name, kind in kinds.items()})


def _log_odds(probability: Expression) -> Expression:
    bounded = ibis.least(ibis.greatest(probability, 0.001), 0.999)
    return (bounded / (1 - bounded)).ln()


def _error(mean: float, stderr: float, residual: float) -> float:
    return math.hypot(stderr / max(mean * (1 - mean), 0.01), residual)


def _cases(branches: list[tuple[Expression, Expression]], otherwise: Expression) -> Expression:
    return ibis.cases(*branches, else_=otherwise) if branches else otherwise
