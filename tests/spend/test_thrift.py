from dataclasses import replace

import pytest

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.asset import Loaded
from routergate.domain.budget import Budget, Measure, Policy, Scope, Window
from routergate.domain.decision import Decision, Estimate
from routergate.domain.model import ModelClass
from routergate.domain.money import Nanos
from routergate.spend.thrift import thrifty
from support.builders import a_candidate, a_card, a_decision

BUDGET = Budget(
    scope=Scope.TEAM,
    measure=Measure.CASH,
    limit=1,
    window=Window.MONTH,
    when_reached=Policy.DOWNGRADE,
    least_quality=0.5,
)
OWN = replace(BUDGET, when_reached=Policy.OWN_MODELS)


def choice(*models: tuple[str, int | None, float, ModelClass]) -> Decision:
    return a_decision(
        candidates=tuple(
            a_candidate(
                a_card(name, model_class=kind),
                cost=None if cost is None else Nanos(cost),
                quality=Estimate(mean=quality, stderr=0.0),
            )
            for name, cost, quality, kind in models
        )
    )


LARGE = ("large", 50, 0.9, ModelClass.FRONTIER)
SMALL = ("small", 5, 0.6, ModelClass.ECONOMY)
POOR = ("poor", 1, 0.4, ModelClass.ECONOMY)
UNPRICED = ("unpriced", None, 0.9, ModelClass.ECONOMY)
OURS = ("ours", 20, 0.7, ModelClass.SELF_HOSTED)


def order(decision: Decision | None) -> list[str]:
    return [one.card.id for one in decision.candidates] if decision else []


def test_the_cheapest_that_is_good_enough_goes_first() -> None:
    found = thrifty(choice(LARGE, UNPRICED, SMALL, POOR), BUDGET)
    assert order(found) == ["small", "large", "unpriced"]
    assert found
    assert found.rule == "the month budget of this team is reached: the cheapest model first"
    assert [(one.model, one.reason) for one in found.rejected] == [
        ("poor", "is not for when the month budget of this team is reached")
    ]


def test_under_a_loaded_budget_the_cheapest_is_so_with_its_fixed_costs() -> None:
    decision = choice(SMALL, LARGE)
    heavy = replace(decision.candidates[0], share=Loaded(hosting=Nanos(10**9)))
    decision = replace(decision, candidates=(heavy, decision.candidates[1]))

    assert order(thrifty(decision, replace(BUDGET, measure=Measure.LOADED))) == ["large", "small"]
    assert order(thrifty(decision, BUDGET)) == ["small", "large"]


def test_own_models_only() -> None:
    found = thrifty(choice(LARGE, OURS, SMALL), OWN)
    assert order(found) == ["ours"]
    assert found
    assert found.rule.endswith("own models only")
    assert [one.model for one in found.rejected] == ["large", "small"]


@pytest.mark.parametrize(
    ("decision", "budget"),
    [(choice(LARGE, SMALL), OWN), (choice(LARGE), BUDGET), (choice(POOR, POOR), BUDGET)],
    ids=["no own model", "a model by name", "nothing good enough"],
)
def test_a_budget_may_leave_nobody(decision: Decision, budget: Budget) -> None:
    assert thrifty(decision, budget) is None


def test_with_a_budget_that_is_spent_nobody_pays_twice() -> None:
    decision = replace(choice(LARGE, SMALL), cascade=Cascade(escalate_when=frozenset(Flaw)))
    found = thrifty(decision, BUDGET)
    assert found
    assert found.cascade is None
