from random import Random

import numpy as np
import pytest

from routergate.quality.evidence import MOST, Evidence, share
from support.chances import Chances


def after(seed: int, chance_of_loss: float, count: int, allowed: float = 0.1) -> list[Evidence]:
    """Every piece of evidence on the way; what is lost beyond what is allowed is the loss."""
    chance, found, way = Random(seed), Evidence(), []
    for _ in range(count):
        loss = float(chance.random() < chance_of_loss) - allowed
        found = found.after(loss / allowed)
        way.append(found)
    return way


def test_all_beginnings_share_one_stake() -> None:
    assert sum(share(beginning) for beginning in range(1, 10_000)) == pytest.approx(1 - 0.0753, abs=1e-3)
    assert share(1) > share(2) > share(1_000) > 0


def test_while_nothing_is_wrong_alarms_are_as_rare_as_promised() -> None:
    ways = [after(seed, 0.1, 800) for seed in range(20)]

    assert sum(any(one.ever >= 10 for one in way) for way in ways) <= 2
    firsts = [next((n for n, one in enumerate(way) if one.lately >= 50), 800) for way in ways]
    assert sum(firsts) / len(firsts) >= 50


@pytest.mark.parametrize("before", [0, 3_000])
def test_a_loss_is_found_whenever_it_comes(before: int) -> None:
    found = after(1, 0.02, before)[-1] if before else Evidence()
    for _ in range(250):
        found = found.after((0.25 - 0.1) / 0.1)

    assert found.ever > 100
    assert found.lately > 100


def test_however_much_is_lost_the_numbers_stay_numbers() -> None:
    found = Evidence()
    for _ in range(2_000):
        found = found.after(9.0)

    assert MOST >= found.ever == found.lately > MOST / 10
    assert found.after(-1.0).ever < found.ever


def test_nobody_gains_more_than_is_possible() -> None:
    assert Evidence().after(-7.0) == Evidence().after(-1.0)


def test_many_courses_at_once_are_as_one_after_another() -> None:
    """What benchmarks/quality/alarms.py measures is what production does."""
    chance, chances = np.random.default_rng(1), Chances.of(4)
    courses, ever = [Evidence()] * 4, np.zeros(4)
    for _ in range(200):
        losses = chance.choice([-1.0, -0.1, 0.0, 0.9], size=4)
        ever = chances.after(losses)
        courses = [one.after(float(loss)) for one, loss in zip(courses, losses, strict=True)]

    assert [one.ever for one in courses] == pytest.approx(list(ever))
