import pytest

from routergate.domain.quality import Interval
from routergate.quality.pooled import pooled

GOOD = Interval(estimate=0.9, low=0.8, high=1.0, count=100)
BAD = Interval(estimate=0.5, low=0.4, high=0.6, count=50)
UNKNOWN = Interval(estimate=None, low=0.0, high=1.0, count=0)


def test_a_route_is_as_good_as_its_tasks_by_their_shares() -> None:
    found = pooled([(3.0, GOOD), (1.0, BAD), (0.0, UNKNOWN)])

    assert found.estimate == pytest.approx(0.8)
    assert [found.low, found.high] == pytest.approx([0.7, 0.9])
    assert found.count == 150


def test_what_is_unknown_of_a_part_is_unknown_of_the_whole() -> None:
    found = pooled([(1.0, GOOD), (1.0, UNKNOWN)])

    assert found.estimate is None
    assert [found.low, found.high] == pytest.approx([0.4, 1.0])


def test_nothing_cannot_be_pooled() -> None:
    with pytest.raises(ValueError, match="nothing to pool"):
        pooled([(0.0, GOOD)])
