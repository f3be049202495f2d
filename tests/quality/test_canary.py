from dataclasses import replace
from random import Random
from typing import Any

import pytest

from routergate.quality.canary import Canary, Finding, Side, Trial, arm, finding, tried

TENTH = Canary(name="new-prompt", share=0.1)


def shown(canary: Canary, incumbent: float, challenger: float, units: int = 4_000, seed: int = 1) -> Trial:
    """After the units came, or after the first finding."""
    chance, trial = Random(seed), Trial()
    for number in range(units):
        side = arm(canary, f"{seed}-{number}")
        quality = challenger if side is Side.CHALLENGER else incumbent
        trial = tried(trial, canary, side, float(chance.random() < quality))
        if finding(trial, canary) is not Finding.OPEN:
            break
    return trial


def test_a_unit_stays_in_its_arm_and_arms_have_their_shares() -> None:
    arms = [arm(TENTH, f"session-{number}") for number in range(4_000)]
    other = replace(TENTH, name="other")

    assert arm(TENTH, "session-1") is arm(TENTH, "session-1")
    # Hashes do not change: 400 are expected, and 60 is three standard deviations.
    assert 340 < arms.count(Side.CHALLENGER) < 460
    assert arms != [arm(other, f"session-{number}") for number in range(4_000)]


def test_harm_stops_it_before_many_have_suffered() -> None:
    trial = shown(TENTH, 0.9, 0.5)

    assert finding(trial, TENTH) is Finding.HARM
    assert trial.apart.count < 1_000
    assert trial.difference().low < -0.4 < trial.difference().high


def test_a_benefit_is_found_as_well() -> None:
    half = replace(TENTH, share=0.5)
    trial = shown(half, 0.6, 0.85)

    assert finding(trial, half) is Finding.BENEFIT
    assert trial.difference().estimate == pytest.approx(0.25, abs=0.15)


def test_no_worse_by_more_than_a_little_can_be_all_that_is_asked() -> None:
    half = replace(TENTH, share=0.5, gain=-0.1)

    assert finding(shown(half, 0.9, 0.9), half) is Finding.BENEFIT
    assert finding(shown(replace(half, gain=0.0), 0.9, 0.9), half) is not Finding.HARM


@pytest.mark.parametrize("seed", range(10))
def test_where_nothing_differs_nothing_is_found_however_often_one_looks(seed: int) -> None:
    half = replace(TENTH, share=0.5)
    trial = shown(half, 0.8, 0.8, 1_500, seed)
    known = trial.difference()

    assert finding(trial, half) is Finding.OPEN
    assert known.low < 0 < known.high
    assert all(one < 100 for one in trial.evidence)


def test_harm_within_the_margin_is_none() -> None:
    lenient = replace(TENTH, share=0.5, margin=0.3)

    assert finding(shown(lenient, 0.9, 0.75, 1_500), lenient) is Finding.OPEN


@pytest.mark.parametrize("changes", [{"share": 0.0}, {"alpha": 1.0}, {"margin": -0.1}, {"gain": 1.0}])
def test_a_canary_that_makes_no_sense_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="canary 'new-prompt'"):
        replace(TENTH, **changes)
