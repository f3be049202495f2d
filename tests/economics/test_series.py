from math import exp, sqrt
from random import Random

import pytest

from routergate.economics.series import LEAST_DAYS, oddness, outlook, weekly

WEEK = [1.2, 1.2, 1.1, 1.1, 1.0, 0.8, 0.6]


def days(number: int, first: int = 0) -> list[float]:
    """Without chance, from a weekday on."""
    return [100 * WEEK[(first + n) % 7] for n in range(number)]


def test_the_week_is_read_from_the_days() -> None:
    assert weekly(days(700, first=3), 3) == pytest.approx(WEEK, rel=0.01)
    assert sum(weekly(days(30), 0)) == pytest.approx(7)


@pytest.mark.parametrize("values", [[], [0.0] * 20])
def test_where_nothing_was_spent_every_day_is_alike(values: list[float]) -> None:
    assert weekly(values, 2) == (1.0,) * 7


def test_days_without_chance_go_on_as_they_were() -> None:
    found = outlook(days(56, first=2), 2, [1.0] * 10)
    assert found is not None
    assert found.expected == pytest.approx(sum(days(66, first=2)[56:]), rel=0.02)
    assert found.low <= found.expected <= found.high


def test_only_the_last_weeks_are_looked_back_on() -> None:
    assert outlook([9e9] * 7 + days(56), 0, [1.0]) == outlook(days(56), 0, [1.0])


def test_a_price_to_come_scales_its_days() -> None:
    half, same = outlook(days(56), 0, [1.0, 0.5]), outlook(days(56), 0, [1.0, 1.0])
    assert half is not None
    assert same is not None
    assert half.expected == pytest.approx(same.expected * (1.2 + 0.6) / 2.4, rel=0.02)


def test_a_month_that_is_over_has_nothing_to_come() -> None:
    found = outlook(days(56), 0, [])
    assert found is not None
    assert (found.expected, found.low, found.high) == (0, 0, 0)


def test_too_few_days_tell_nothing() -> None:
    assert outlook(days(LEAST_DAYS - 1), 0, [1.0]) is None
    assert outlook([0.0] * 20, 0, [1.0]) is not None


def lived(random: Random, number: int, lasting: float) -> list[float]:
    """Days with chance of 15 %, of which some lasts to the next day."""
    chance, found = 0.0, []
    for usual in days(number):
        chance = lasting * chance + sqrt(1 - lasting**2) * random.gauss(0, 0.15)
        found.append(usual * exp(chance))
    return found


@pytest.mark.parametrize("lasting", [0.0, 0.5])
@pytest.mark.parametrize(("known", "ahead"), [(14, 20), (30, 1), (56, 20)])
def test_nine_of_ten_months_end_within_the_interval(known: int, ahead: int, lasting: float) -> None:
    random, within = Random(7), 0
    for _ in range(300):
        values = lived(random, known + ahead, lasting)
        found = outlook(values[:known], 0, [1.0] * ahead)
        assert found is not None
        within += found.low <= sum(values[known:]) <= found.high
    assert within / 300 > 0.85


def test_a_day_that_is_off_is_odd_and_the_others_are_not() -> None:
    random = Random(3)
    values = [usual * random.uniform(0.95, 1.05) for usual in days(35)]
    values[20] *= 3
    found = oddness(values, 0)
    assert found[20] > 20
    assert max(abs(score) for n, score in enumerate(found) if n != 20) < 6


def test_a_quiet_sunday_is_not_odd() -> None:
    assert max(map(abs, oddness(days(28), 0))) < 1


def test_without_three_weeks_days_are_held_against_each_other() -> None:
    assert oddness([10.0] * 9 + [20.0], 0)[-1] > 50
    assert oddness([], 0) == ()
    assert set(oddness([0.0] * 30, 0)) == {0.0}
