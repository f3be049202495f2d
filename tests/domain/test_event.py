import pytest

from routergate.domain.money import Nanos
from support.builders import a_candidate, a_decision
from support.events import an_event


@pytest.mark.parametrize(
    ("cost", "baseline", "savings"),
    [(2, 10, 8), (10, 2, -8), (0, 0, 0), (None, 10, None), (2, None, None), (None, None, None)],
)
def test_savings_are_known_where_both_costs_are(
    cost: Nanos | None, baseline: Nanos | None, savings: int | None
) -> None:
    assert an_event(cost=cost, baseline_cost=baseline).savings == savings


def test_the_first_candidate_is_the_chosen_one() -> None:
    first, second = a_candidate(output_tokens=1), a_candidate(output_tokens=2)
    assert a_decision(candidates=(first, second)).chosen is first
