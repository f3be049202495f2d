from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from routergate.quality.offpolicy import Logged, OffPolicy, evaluated

ROW = Logged(outcome=1.0, propensity=0.5, target=1.0)
CHEAP, DEAR = 0.6, 0.9


def rows(seed: int, count: int, explored: float = 0.2, sure: float = 1.0) -> Iterator[Logged]:
    """A policy that asks the cheap model, and the dear one at times; the other would always ask that one."""
    chance = Random(seed)
    for _ in range(count):
        dear = chance.random() < explored
        outcome = float(chance.random() < (DEAR if dear else CHEAP))
        yield Logged(
            outcome=outcome,
            propensity=explored if dear else 1 - explored,
            target=float(dear),
            predicted=sure * (DEAR if dear else CHEAP),
            expected=sure * DEAR,
        )


def test_what_another_policy_would_have_achieved_is_in_every_interval() -> None:
    found = evaluated(rows(1, 5_000), largest=5).estimates()

    for known in (found.inverse, found.normalised, found.robust):
        assert known.estimate == pytest.approx(DEAR, abs=0.04)
        assert known.low < DEAR < known.high
    assert found.effective == pytest.approx(1_000, rel=0.1)


def test_good_predictions_make_the_doubly_robust_interval_the_narrowest() -> None:
    found = evaluated(rows(2, 5_000), largest=5).estimates()
    plain, robust = found.inverse, found.robust

    assert robust.high - robust.low < (plain.high - plain.low) * 0.8


def test_bad_predictions_do_not_mislead_it() -> None:
    found = evaluated(rows(3, 5_000, sure=0.2), largest=5).estimates().robust

    assert found.low < DEAR < found.high
    assert found.estimate == pytest.approx(DEAR, abs=0.05)


def test_without_rows_nothing_is_known() -> None:
    found = OffPolicy(2).estimates()

    assert (found.effective, found.inverse.estimate, found.robust.low, found.robust.high) == (0, None, 0, 1)


@pytest.mark.parametrize(
    "changes", [{"propensity": 0.0}, {"outcome": 2.0}, {"target": -1.0}, {"expected": 7}]
)
def test_a_row_cannot_be_wrong(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a propensity of more than 0"):
        replace(ROW, **changes)


def test_weights_that_were_said_to_be_impossible_are_refused() -> None:
    with pytest.raises(ValueError, match="the largest weight is 1 or more"):
        OffPolicy(0.5)
    with pytest.raises(ValueError, match="a row has weight 10, more than 2"):
        OffPolicy(2).after(replace(ROW, propensity=0.1))
