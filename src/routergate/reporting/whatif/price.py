"""What if a model cost something else?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ibis import Table

from routergate.domain.decision import RoutePolicy
from routergate.domain.model import ModelCard, RateCard
from routergate.reporting.costs import expected, metered, of_card, of_rates
from routergate.reporting.question import Question
from routergate.reporting.report import Report
from routergate.reporting.whatif.change import Supposed, compared
from routergate.reporting.whatif.choice import NO, Cost, by_route, chosen, eligible
from routergate.reporting.whatif.moved import LENGTHS, moved

Expression = Any
"""Of ibis, which has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrice:
    """A model at other rates."""

    card: ModelCard
    rates: RateCard
    routes: Mapping[str, RoutePolicy] | None = None
    """By which requests are decided again; `None`: they stay with the model that answered them."""


def priced_anew(rows: Table, question: Question, it: NewPrice, models: Mapping[str, ModelCard]) -> Report:
    """The traffic at the new price: as it went, or as it would go."""
    usage = metered(rows)
    # What was paid beside the answer (answers that a cascade rejected) stays as it was.
    more = (of_rates(usage, it.rates) - of_card(usage, it.card)) * rows.requests
    anew = rows.cost_nanos.isnull().ifelse(of_rates(usage, it.rates) * rows.requests, rows.cost_nanos + more)
    of_model = (rows.model == it.card.id).fill_null(NO)
    rows = rows.mutate(now=rows.cost_nanos, then=of_model.ifelse(anew, rows.cost_nanos), moved=of_model)
    if it.routes is not None:
        rows = _rerouted(rows, it, it.routes, models)
    title = f"If {it.card.id} had other rates"
    return compared(Supposed(title=title, rows=rows, assumptions=_assumptions(it)), question)


def _assumptions(it: NewPrice) -> tuple[str, ...]:
    factor = (1 - it.rates.discount) * (1 + it.rates.markup)
    read, written = (f"{rate * factor:.6g}" for rate in (it.rates.input, it.rates.output))
    rates = f"{it.card.id} at {read} USD per million tokens in, {written} out."
    if it.routes is None:
        return rates, "Every request stays with the model that answered it; --reroute decides them again."
    return rates, LENGTHS


def _rerouted(
    rows: Table, it: NewPrice, routes: Mapping[str, RoutePolicy], models: Mapping[str, ModelCard]
) -> Table:
    def picked(policy: RoutePolicy) -> Expression:
        return chosen(rows, eligible(rows), policy, rows.threshold, _expects(rows, it, policy))

    start = min((rates.start for rates in it.card.prices), default=it.rates.start)
    dated = replace(it.card, prices=(replace(it.rates, start=start),))
    return moved(rows, by_route(rows, routes, picked), {**models, str(it.card.id): dated})


def _expects(rows: Table, it: NewPrice, policy: RoutePolicy) -> Cost:
    """A candidate's cost, at the new rates if it is the model."""

    def cost(one: Expression) -> Expression:
        cached = one.cached_tokens.fill_null(0)
        asked = expected(rows, rows.input_tokens, cached, one.output_tokens * rows.choices)
        amount = (one.model == it.card.id).ifelse(of_rates(asked, it.rates), one.cost_nanos)
        return amount + (one.loaded_cost_nanos - one.cost_nanos) if policy.loaded else amount

    return cost
