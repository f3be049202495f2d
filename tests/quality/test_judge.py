from random import Random

import pytest

from routergate.domain.quality import Source, Verdict
from routergate.quality.judge import Agreement, Judge, Rate, rate, scored, settled
from routergate.quality.sequence import Sequence
from support.comparisons import a_comparison

NOISY = Judge(sensitivity=Rate(low=0.8, high=0.8), specificity=Rate(low=0.8, high=0.8))


def heard(chance: Random, good: bool) -> float:
    """What a judge says who errs in one case of five."""
    return float(good if chance.random() < 0.8 else not good)


def judged(quality: float, base: float | None, judge: Judge, count: int = 3_000) -> Sequence:
    chance, found = Random(5), Sequence()
    for _ in range(count):
        outcome = heard(chance, chance.random() < quality)
        reference = None if base is None else heard(chance, chance.random() < base)
        comparison = a_comparison(outcome, reference=reference, source=Source.JUDGE)
        found = found.after(scored(comparison, judge))
    return found


@pytest.mark.parametrize(("quality", "base"), [(0.9, None), (0.6, 0.8)])
def test_the_errors_of_a_judge_are_taken_out(quality: float, base: float | None) -> None:
    known = judged(quality, base, NOISY).interval(0.05)
    truth = quality / (base or 1)

    assert known.estimate == pytest.approx(truth, abs=0.04)
    assert known.low <= truth <= known.high


def test_a_judge_that_is_not_known_well_makes_the_interval_wider() -> None:
    vague = Judge(sensitivity=Rate(low=0.75, high=0.85), specificity=Rate(low=0.75, high=0.85))
    sure, unsure = (judged(0.9, None, judge, 2_000).interval(0.05) for judge in (NOISY, vague))

    assert unsure.low < sure.low - 0.03
    assert unsure.high >= sure.high


def test_only_judges_are_corrected() -> None:
    found = scored(a_comparison(0.0, reference=0.5, inclusion=0.2, least=0.1), None)

    assert (found.low, found.high, found.top, found.weight) == ((0.0, 0.5), (0.0, 0.5), (1.0, 0.0), 0.5)
    assert scored(a_comparison(0.3), NOISY).low == (0.3, 1.0)


def test_a_judge_of_whom_nobody_said_how_often_it_errs_is_not_heard() -> None:
    with pytest.raises(ValueError, match="nobody has said how often its judge errs"):
        scored(a_comparison(source=Source.JUDGE), None)


def test_labels_by_people_say_how_often_a_judge_is_right() -> None:
    judge = Agreement(good=300, good_called_good=240, bad=100, bad_called_bad=90).judge(0.1)

    assert judge.sensitivity.low < 0.8 < judge.sensitivity.high
    assert judge.specificity.low < 0.9 < judge.specificity.high
    assert judge.specificity.high - judge.specificity.low < 0.15


def test_a_judge_that_may_be_no_better_than_chance_is_refused() -> None:
    with pytest.raises(ValueError, match="label more answers by hand"):
        Agreement(good=10, good_called_good=6, bad=10, bad_called_bad=6).judge(0.05)


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    # From R's binom.test.
    [(0, 10, 0.0, 0.3085), (10, 10, 0.6915, 1.0), (8, 10, 0.4439, 0.9748), (450, 500, 0.8703, 0.9249)],
)
def test_a_share_has_its_exact_interval(hits: int, count: int, low: float, high: float) -> None:
    found = rate(hits, count, 0.05)

    assert [found.low, found.high] == pytest.approx([low, high], abs=1e-4)


def test_thousands_of_labels_are_no_trouble() -> None:
    assert rate(4_000, 5_000, 0.05).low == pytest.approx(0.7886, abs=1e-3)


def test_numbers_that_cannot_be_are_refused() -> None:
    with pytest.raises(ValueError, match="there cannot be 3 hits in 2 trials"):
        rate(3, 2, 0.05)
    with pytest.raises(ValueError, match="a lower and an upper bound"):
        Rate(low=0.9, high=0.8)


@pytest.mark.parametrize(
    ("first", "swapped", "verdict"),
    [
        (Verdict.WORSE, Verdict.WORSE, Verdict.WORSE),
        (Verdict.BETTER, Verdict.BETTER, Verdict.BETTER),
        (Verdict.WORSE, Verdict.BETTER, Verdict.SAME),
        (Verdict.SAME, Verdict.WORSE, Verdict.SAME),
    ],
)
def test_a_judge_that_prefers_a_place_saw_no_difference(
    first: Verdict, swapped: Verdict, verdict: Verdict
) -> None:
    assert settled(first, swapped) is verdict
