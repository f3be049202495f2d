from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.evaluation.metrics import (
    Array,
    Curve,
    Rows,
    apgr,
    calibration_error,
    cpt,
    curve,
    interval,
    reliability,
    splits,
)

Pair = tuple[Array, Array, Array]
"""A score, and the labels of the weak and of the strong model."""


def a_pair(seed: int) -> Pair:
    """Scores, some of them equal, and labels of two models of which the strong one is better."""
    rng = np.random.default_rng(seed)
    rows = int(rng.integers(20, 80))
    score, weak, strong = (
        rng.integers(0, 2 * rows, rows) / rows,
        rng.random(rows),
        rng.random(rows) * 0.8 + 0.2,
    )
    return (score, weak, strong) if strong.mean() > weak.mean() else (score, strong, weak)


pairs = st.integers(0, 2**32).map(a_pair)


def area(pair: Pair) -> float:
    found = apgr(curve(*pair))
    assert found is not None
    return found


def perfect(pair: Pair) -> Pair:
    """The score of one who knows the labels."""
    _, weak, strong = pair
    return strong - weak, weak, strong


def test_a_curve_goes_from_the_weak_model_to_the_strong_one() -> None:
    found = curve(np.array([0.1, 0.4, 0.6, 0.9]), np.array([1.0, 0, 0, 0]), np.array([1.0, 1, 0, 1]))
    assert found is not None
    assert (found.share[0], found.quality[0]) == (0, found.weak) == (0, 0.25)
    assert (found.share[-1], found.quality[-1]) == (1, found.strong) == (1, 0.75)


def test_the_figures_of_a_curve_that_is_known_by_hand() -> None:
    # Up to half of the calls nothing is gained; then everything by three quarters.
    known = Curve(np.array([0, 0.5, 0.75, 1]), np.array([0.2, 0.2, 0.6, 0.6]), weak=0.2, strong=0.6)
    assert apgr(known) == pytest.approx(0.375)
    assert cpt(known, 0.5) == pytest.approx(62.5)
    assert cpt(known, 0.8) == pytest.approx(70)
    assert cpt(known, 0) == 0


@given(pairs)
def test_nobody_closes_more_of_the_gap_than_one_who_knows_the_labels(pair: Pair) -> None:
    # Between deciles a curve is drawn straight, so that a lucky score may lose less of its bend there.
    assert area(perfect(pair)) >= area(pair) - 0.05


@given(pairs)
def test_only_the_order_of_scores_counts(pair: Pair) -> None:
    score, weak, strong = pair
    score = np.argsort(np.argsort(score, kind="stable")).astype(float)
    shuffled = np.random.default_rng(1).permutation(len(score))
    again = np.exp(score / len(score))[shuffled], weak[shuffled], strong[shuffled]
    assert area(again) == pytest.approx(area((score, weak, strong)))


@given(pairs)
def test_a_score_that_says_nothing_is_as_good_as_chance(pair: Pair) -> None:
    score, weak, strong = pair
    assert area((np.zeros_like(score), weak, strong)) == pytest.approx(0.5)


def test_a_score_by_chance_closes_half_of_the_gap() -> None:
    rng = np.random.default_rng(7)
    weak, strong = (rng.random(40_000) < 0.6).astype(float), (rng.random(40_000) < 0.8).astype(float)
    found = curve(rng.random(40_000), weak, strong)
    assert apgr(found) == pytest.approx(0.5, abs=0.02)
    assert cpt(found, 0.8) == pytest.approx(80, abs=3)


@pytest.mark.parametrize(("weak", "strong"), [([1, 1], [1, 1]), ([1, 1], [0, 1]), ([], [])])
def test_without_a_gap_nothing_is_known(weak: Sequence[float], strong: Sequence[float]) -> None:
    found = curve(np.arange(len(weak)).astype(float), np.array(weak), np.array(strong))
    assert (found, apgr(found), cpt(found, 0.5)) == (None, None, None)


def test_estimates_that_come_true_have_no_calibration_error() -> None:
    estimates, outcomes = np.array([0.25] * 4 + [1.0] * 3), np.array([1.0, 0, 0, 0, 1, 1, 1])
    assert calibration_error(estimates, outcomes) == pytest.approx(0)
    assert [(b.estimate, b.outcome, b.count) for b in reliability(estimates, outcomes)] == [
        (0.25, 0.25, 4),
        (1.0, 1.0, 3),
    ]


def test_the_calibration_error_is_the_mean_distance() -> None:
    estimates, outcomes = np.array([0.9, 0.9, 0.2, 0.2]), np.array([1.0, 0, 0, 0])
    assert calibration_error(estimates, outcomes) == pytest.approx((0.4 + 0.2) / 2)
    assert calibration_error(np.array([]), np.array([])) is None


@given(st.lists(st.integers(0, 7), min_size=5, max_size=60), st.integers(2, 5))
def test_no_question_is_in_training_and_test(keys: list[int], count: int) -> None:
    groups, tested = np.array(keys), []
    for train, test in splits(groups, count, seed=3):
        assert not set(groups[train]) & set(groups[test])
        assert len(train) + len(test) == len(keys)
        tested += test.tolist()
    assert sorted(tested) == list(range(len(keys)))


def mean_of(seen: Array) -> Callable[[Rows], float]:
    return lambda rows: float(seen[rows].mean())


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rng, hits = np.random.default_rng(5), 0
    for n in range(100):
        found = interval(mean_of(rng.random(150)), np.arange(150), seed=n, draws=200)
        hits += found.low is not None and found.high is not None and found.low <= 0.5 <= found.high
    assert 88 <= hits <= 100


def test_rows_of_a_question_are_drawn_together() -> None:
    groups, seen = np.array([2, 0, 2, 1, 0]), []

    def counted(rows: Rows) -> float:
        seen.append(np.bincount(rows, minlength=5))
        return 0.0

    interval(counted, groups, seed=1, draws=20)
    assert all(times[0] == times[2] and times[1] == times[4] for times in seen)
    assert any(times[0] > 1 for times in seen)


def test_a_figure_that_is_mostly_unknown_has_no_interval() -> None:
    found = interval(
        lambda rows: 1.0 if (rows == np.arange(9)).all() else None, np.arange(9), seed=1, draws=9
    )
    assert (found.value, found.low, found.high) == (1.0, None, None)
