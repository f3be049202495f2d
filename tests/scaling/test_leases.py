"""Laws of budgets in leases, on any traffic; and the table that the documents show."""

from pathlib import Path

import pytest
from benchmarks.scaling.leases import Plan, Request, simulated, table
from hypothesis import given
from hypothesis import strategies as st

DEAREST = 50
REGIONS = 3
requests = st.lists(st.tuples(st.integers(0, REGIONS - 1), st.integers(1, DEAREST)), max_size=300)


def plans(*, credit: bool = False) -> st.SearchStrategy[Plan]:
    return st.builds(
        Plan,
        budget=st.integers(1, 5_000),
        lease=st.integers(1, 1_000),
        regions=st.just(REGIONS),
        round_trip=st.integers(0, 20),
        tapered=st.booleans(),
        credit=st.just(credit),
    )


@given(plans(), requests)
def test_who_waits_for_a_lease_never_overspends(plan: Plan, asked: list[Request]) -> None:
    found = simulated(plan, asked)
    assert found.spent + found.stranded <= plan.budget
    assert found.overspent == 0


@given(plans(credit=True), requests)
def test_on_credit_no_more_is_overspent_than_regions_spend_in_two_round_trips(
    plan: Plan, asked: list[Request]
) -> None:
    assert simulated(plan, asked).spent <= plan.budget + REGIONS * 2 * (plan.round_trip + 1) * DEAREST


@given(plans(), requests)
def test_nobody_is_refused_while_more_is_left_than_regions_hold(plan: Plan, asked: list[Request]) -> None:
    found = simulated(plan, asked)
    held = REGIONS * (1.5 * plan.lease + (plan.round_trip + 1) * DEAREST)
    assert found.at_first_refusal is None or found.at_first_refusal >= plan.budget - held


@given(plans(), requests)
def test_everybody_is_answered_while_there_is_enough_for_all(plan: Plan, asked: list[Request]) -> None:
    costs = sum(cost for _, cost in asked)
    ample = Plan(
        budget=10 * (plan.budget + costs + REGIONS * plan.lease), lease=plan.lease, round_trip=plan.round_trip
    )
    found = simulated(ample, asked)
    assert (found.answered, found.spent, found.at_first_refusal) == (len(asked), costs, None)


@given(plans(), requests)
def test_the_bank_is_asked_once_for_each_lease_and_once_more_by_each_region(
    plan: Plan, asked: list[Request]
) -> None:
    if not plan.tapered:
        assert simulated(plan, asked).messages <= plan.budget // plan.lease + 1 + REGIONS


@given(st.integers(1, 2_000), st.lists(st.integers(1, DEAREST), max_size=200))
def test_one_region_with_everything_is_a_plain_budget(budget: int, costs: list[int]) -> None:
    left = budget
    for cost in costs:
        left -= cost if cost <= left else 0
    plan = Plan(budget=budget, lease=budget, regions=1, round_trip=0)
    assert simulated(plan, [(0, cost) for cost in costs]).spent == budget - left


def test_smaller_leases_strand_less_and_ask_more() -> None:
    asked = [(n % REGIONS, 10) for n in range(2_000)]
    small, large = (
        simulated(Plan(budget=10_000, lease=lease, round_trip=3), asked) for lease in (100, 2_000)
    )
    assert small.used >= large.used
    assert small.messages > large.messages


def test_there_must_be_something_to_divide() -> None:
    with pytest.raises(ValueError, match="something to divide"):
        Plan(budget=100, lease=0)


def test_the_documents_show_what_the_simulation_says() -> None:
    page = (Path(__file__).parents[2] / "docs" / "scaling.md").read_text()
    assert "\n".join(table()) in page
