import pytest

from routergate.domain.feedback import Feedback


@pytest.mark.parametrize(("rating", "weight"), [(-0.1, 1.0), (1.1, 1.0), (float("nan"), 1.0), (0.5, 0.0)])
def test_what_is_no_rating_is_refused_before_it_counts(rating: float, weight: float) -> None:
    with pytest.raises(ValueError, match="on 'd1'"):
        Feedback(decision="d1", rating=rating, weight=weight, source="user")


def test_the_best_and_the_worst_are_ratings() -> None:
    assert [Feedback(decision="d1", rating=rating, source="user").rating for rating in (0.0, 1.0)] == [0, 1]
