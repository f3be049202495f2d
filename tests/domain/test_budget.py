import pytest

from routergate.domain.budget import LARGEST_LIMIT, Measure
from support.restraints import a_budget, a_limit


@pytest.mark.parametrize("limit", [-1, LARGEST_LIMIT + 1])
def test_a_budget_stays_within_what_can_be_compared_exactly(limit: int) -> None:
    with pytest.raises(ValueError, match="more is not exact"):
        a_budget(limit)


@pytest.mark.parametrize(("measure", "seconds"), [(Measure.CONCURRENCY, 60), (Measure.TOKENS, 0)])
def test_what_runs_at_once_has_no_window_and_all_else_has_one(measure: Measure, seconds: int) -> None:
    with pytest.raises(ValueError, match="has a window"):
        a_limit(measure=measure, seconds=seconds)


def test_money_is_spoken_of_in_dollars() -> None:
    assert [measure.spoken for measure in Measure if measure.money] == ["usd", "loaded_usd"]
    assert Measure.REQUESTS.spoken == "requests"
