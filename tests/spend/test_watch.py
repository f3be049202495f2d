from decimal import Decimal

import pytest

from routergate.domain.budget import Budget, OrganisationRules, Scope, Window
from routergate.spend.watch import limit_at
from support.restraints import a_budget, a_counter

SOFT = a_budget(1_000, soft=(Decimal("0.5"),))


@pytest.mark.parametrize(("amount", "limit"), [(500, 1_000), (1_000, 1_000), (700, 700)])
def test_a_threshold_belongs_to_the_budget_that_has_it(amount: int, limit: int) -> None:
    assert limit_at(OrganisationRules(budgets=(SOFT,)), a_counter(), amount) == limit


@pytest.mark.parametrize(
    "other",
    [
        a_budget(1_000, soft=(Decimal("0.5"),), window=Window.MONTH),
        a_budget(1_000, soft=(Decimal("0.5"),), of="another"),
        a_budget(1_000, soft=(Decimal("0.5"),), scope=Scope.TEAM),
    ],
)
def test_the_budgets_of_others_have_no_part_in_it(other: Budget) -> None:
    assert limit_at(OrganisationRules(budgets=(other,)), a_counter(), 500) == 500
