"""What production would choose, as an expression over remembered candidates: `route/redecide.py` for many."""

from collections.abc import Callable, Mapping
from statistics import NormalDist
from typing import Any

import ibis
from ibis import Table

from routergate.domain.decision import RoutePolicy
from routergate.domain.format import Format
from routergate.route.cascade import MILLION

Expression = Any
"""Of ibis, which has no types."""
Cost = Callable[[Expression], Expression]
"""Of a candidate, in nano-dollars, as expected."""
NO = False
"""What is not known does not hold."""
UNPRICED = 2**62
"""Comes after every price."""


def decidable(rows: Table) -> Expression:
    """Whether a row can be decided again: it remembers what it was decided on, and chance did not decide."""
    free = rows.arm.isnull() | (rows.arm != "baseline")
    return (
        rows.candidates.notnull() & (rows.candidates.length() > 0) & free & (rows.format != Format.EMBEDDINGS)
    )


def eligible(rows: Table) -> Expression:
    """Those that could have answered, in the order in which they were to be tried."""
    return rows.candidates.filter(lambda one: one.reason.isnull())


def decided(rows: Table) -> Expression:
    """The candidate that was chosen then."""
    return rows.candidates[0]


def chosen(
    rows: Table, candidates: Expression, policy: RoutePolicy, threshold: Expression, cost: Cost
) -> Expression:
    """The candidate that comes first: the cheapest adequate one, else the best."""
    errors = 0.0 if policy.bound is None else NormalDist().inv_cdf(policy.bound)
    costs = _escalating(rows, candidates, policy, cost)

    def key(one: Expression) -> Expression:
        adequate = one.quality - errors * one.stderr.fill_null(0.0) >= threshold
        amount = costs(one)
        last = amount.fill_null(UNPRICED)
        return ibis.struct(
            {
                "inadequate": adequate.ifelse(0, 1).cast("int64"),
                "first": adequate.ifelse(last, amount.isnull().cast("int64")).cast("int64"),
                "worse": -one.quality,
                "cost": last.cast("int64"),
                "model": one.model,
                "quality": one.quality,
                "stderr": one.stderr,
            }
        )

    return candidates.map(key).sort()[0]


def as_written(policy: RoutePolicy) -> Cost:
    """As it was expected then, with its share of fixed costs where the route goes by it."""
    return (lambda one: one.loaded_cost_nanos) if policy.loaded else (lambda one: one.cost_nanos)


def by_route(
    rows: Table, policies: Mapping[str, RoutePolicy], of: Callable[[RoutePolicy], Expression]
) -> Expression:
    """What each row's route makes of it; null for routes that are no more."""
    branches = [(rows.route == name, of(policy)) for name, policy in policies.items()]
    return ibis.cases(*branches)


def _escalating(rows: Table, candidates: Expression, policy: RoutePolicy, cost: Cost) -> Cost:
    """With the probability of a bad answer, where the route checks them, times what the best one costs."""
    if policy.cascade is None:
        return cost
    priced = candidates.filter(lambda one: one.cost_nanos.notnull())
    best = priced.map(_by_quality).sort()[0]
    unpriced = candidates.filter(lambda one: one.cost_nanos.isnull()).map(lambda one: one.quality).maxs()

    def costs(one: Expression) -> Expression:
        amount = cost(one)
        probability = ibis.greatest(ibis.least(1 - one.quality, 1.0), 0.0)
        whole = best.cost * (probability * MILLION).round().cast("int64")
        second = ((whole - whole % MILLION).cast("float64") / MILLION).round().cast("int64")
        better = best.worse < -one.quality
        hidden = unpriced.fill_null(-1.0) > one.quality
        with_second = ibis.cases((better, amount + second), (hidden, ibis.null("int64")), else_=amount)
        return (rows.format == Format.CHAT).ifelse(with_second, amount)

    return costs


def _by_quality(one: Expression) -> Expression:
    return ibis.struct({"worse": -one.quality, "cost": one.cost_nanos})
