import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.quality.sequence import Scored, Sequence, exact


def seen(outcomes: list[tuple[float, float]], weights: list[float] | None = None) -> Sequence:
    found = Sequence()
    for pair, weight in zip(outcomes, weights or [1.0] * len(outcomes), strict=True):
        found = found.after(Scored(pair, pair, pair, weight))
    return found


def ever_left(seed: int, alpha: float, quality: float, base: float, count: int) -> bool:
    """Whether the true share ever leaves the interval of a sequence that is looked at after every step."""
    chance, found = Random(seed), Sequence()
    for _ in range(count):
        found = found.after(exact((float(chance.random() < quality), float(chance.random() < base))))
        if abs(found.count - 2 ** round(math.log2(found.count))) <= found.count // 16:
            known = found.interval(alpha)
            if not known.low <= quality / base <= known.high:
                return True
    return False


def test_before_anything_is_seen_everything_is_possible() -> None:
    known = Sequence().interval(0.05)

    assert (known.estimate, known.low, known.high, known.count) == (None, 0.0, 1.0, 0)


def test_the_truth_stays_inside_at_all_times() -> None:
    left = [ever_left(seed, 0.2, 0.72, 0.8, 300) for seed in range(40)]

    assert sum(left) / len(left) <= 0.2


def test_an_interval_becomes_narrow() -> None:
    chance = Random(1)
    found = seen([(float(chance.random() < 0.9), 1.0) for _ in range(2_000)])
    known = found.interval(0.05)

    assert known.low > 0.86
    assert known.high < 0.94
    assert known.count == 2_000
    assert known.estimate == pytest.approx(0.9, abs=0.02)


def test_a_share_of_a_baseline_that_is_often_wrong_is_known_as_well() -> None:
    chance = Random(2)
    found = seen([(float(chance.random() < 0.4), float(chance.random() < 0.5)) for _ in range(8_000)])
    known = found.interval(0.05)

    assert 0.7 < known.low < 0.8 < known.high < 0.9


def test_what_is_always_as_good_or_always_useless_is_found_out() -> None:
    good, useless = seen([(1.0, 1.0)] * 500).interval(0.05), seen([(0.0, 1.0)] * 500).interval(0.05)
    better = seen([(1.0, 0.2)] * 500).interval(0.05)

    assert (good.low > 0.97, good.high) == (True, 1.0)
    assert (useless.low, useless.high < 0.03) == (0.0, True)
    assert better.low == better.high == 1.0


def test_weights_undo_a_sample_that_saw_more_of_what_is_bad() -> None:
    chance, found = Random(3), Sequence()
    for _ in range(20_000):
        hard = chance.random() < 0.5
        inclusion = 0.4 if hard else 0.1
        if chance.random() < inclusion:
            outcome = float(chance.random() < (0.6 if hard else 1.0))
            pair = (outcome, 1.0)
            found = found.after(Scored(pair, pair, pair, 0.1 / inclusion))
    known = found.interval(0.05)

    # Without weights it would be 0.68.
    assert known.estimate == pytest.approx(0.8, abs=0.02)
    assert known.low < 0.8 < known.high


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=60), st.floats(0.001, 0.5))
def test_more_confidence_never_makes_an_interval_narrower(
    outcomes: list[tuple[float, float]], alpha: float
) -> None:
    found = seen(outcomes)
    wide, narrow = found.interval(alpha / 2), found.interval(alpha)

    assert 0 <= wide.low <= narrow.low <= narrow.high <= wide.high <= 1


def test_what_a_judge_may_have_got_wrong_widens_the_interval() -> None:
    sure = seen([(0.8, 1.0)] * 400).interval(0.05)
    unsure = Sequence()
    for _ in range(400):
        unsure = unsure.after(Scored((0.75, 1.0), (0.85, 1.0), (1.0, 1.0)))
    known = unsure.interval(0.05)

    assert known.low == pytest.approx(sure.low - 0.05, abs=0.01)
    assert known.high == pytest.approx(sure.high + 0.05, abs=0.01)
    assert known.estimate == pytest.approx(0.8)
