import numpy as np
import pytest

from routergate.evaluation.bounds import kept, labels_expected, labels_needed, p_value
from routergate.evaluation.metrics import Array

ONES = np.ones


def coin(rng: np.random.Generator, chance: float, count: int) -> Array:
    return (rng.random(count) < chance).astype(float)


@pytest.mark.parametrize("graded", [False, True])
@pytest.mark.parametrize("compared", [False, True])
def test_a_share_that_is_not_kept_is_seldom_believed(graded: bool, compared: bool) -> None:
    rng, believed = np.random.default_rng(3), 0
    for _ in range(400):
        reference = coin(rng, 0.8, 300) if compared else ONES(300)
        quality = reference * coin(rng, 0.9, 300) * (rng.choice([0.8, 1.0], 300) if graded else 1)
        believed += p_value(quality, reference, 0.81 if graded else 0.9, 0.1) <= 0.1
    assert believed <= 52  # of 400, where a tenth of all would be 40 and three standard errors are 18


def test_a_share_that_is_well_kept_is_believed() -> None:
    rng = np.random.default_rng(4)
    reference = coin(rng, 0.8, 1_000)
    assert p_value(reference * coin(rng, 0.99, 1_000), reference, 0.95, 0.05) <= 0.05


def test_without_a_reference_counts_are_tested_exactly() -> None:
    # 100 trials with a chance of 0.9: P(at least 95 hits) = 0.0576, P(at least 96) = 0.0237
    quality = np.array([1.0] * 95 + [0.0] * 5)
    assert p_value(quality, ONES(100), 0.9, 0.05) == pytest.approx(0.0576, abs=1e-4)
    quality[95] = 1
    assert p_value(quality, ONES(100), 0.9, 0.05) == pytest.approx(0.0237, abs=1e-4)


def test_what_is_kept_lies_below_what_was_seen_and_comes_closer_with_more_outcomes() -> None:
    rng = np.random.default_rng(5)
    shares = [kept(coin(rng, 0.9, count), ONES(count), 0.05) for count in (100, 1_000, 10_000)]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(0.895, abs=0.01)


def test_what_is_kept_of_nothing_is_nothing() -> None:
    assert kept(np.zeros(50), ONES(50), 0.05) == 0


@pytest.mark.parametrize(("share", "alpha", "labels"), [(0.9, 0.05, 29), (0.95, 0.05, 59), (0.99, 0.01, 459)])
def test_the_fewest_labels_are_just_enough(share: float, alpha: float, labels: int) -> None:
    assert labels_needed(share, alpha) == labels
    assert p_value(ONES(labels), ONES(labels), share, alpha) <= alpha
    assert p_value(ONES(labels - 1), ONES(labels - 1), share, alpha) > alpha


def test_the_labels_expected_grow_as_the_margin_shrinks() -> None:
    wide = labels_expected(np.array([1.0] * 99 + [0]), ONES(100), 0.9, 0.05)
    narrow = labels_expected(np.array([1.0] * 93 + [0] * 7), ONES(100), 0.9, 0.05)
    assert wide is not None
    assert narrow is not None
    assert wide < narrow
    assert labels_expected(np.array([1.0] * 8 + [0] * 2), ONES(10), 0.9, 0.05) is None
