import pytest

from routergate.domain.quality import Source
from routergate.quality.judge import Judge, Rate, scored
from routergate.quality.loss import broken, lost
from support.comparisons import a_comparison

VAGUE = Judge(sensitivity=Rate(low=0.7, high=0.9), specificity=Rate(low=0.7, high=0.9))


@pytest.mark.parametrize(
    ("outcome", "reference", "loss"), [(1.0, None, -1), (0.0, None, 9), (1, 0, -1), (0, 1, 0.9), (0, 0, 0)]
)
def test_what_is_missing_is_told_by_what_could_have_been_beyond(
    outcome: float, reference: float | None, loss: float
) -> None:
    assert lost(scored(a_comparison(outcome, reference=reference), None), 0.9) == pytest.approx(loss)


def test_beyond_a_promise_of_everything_there_is_a_little() -> None:
    assert lost(scored(a_comparison(0.0), None), 1.0) == pytest.approx(100)
    assert lost(scored(a_comparison(1.0), None), 1.0) == 0


@pytest.mark.parametrize("reference", [None, 0.8])
def test_where_a_judge_may_err_the_doubt_is_on_either_side(reference: float | None) -> None:
    """The promise is just kept, and the judge as good as may be in the middle: nobody gains by betting."""
    base = None if reference is None else reference * 0.8 + (1 - reference) * 0.2
    good = 0.9 * (reference or 1)
    found = scored(a_comparison(good * 0.8 + (1 - good) * 0.2, reference=base, source=Source.JUDGE), VAGUE)

    assert lost(found, 0.9) < 0
    assert broken(found, 0.9) < 0
