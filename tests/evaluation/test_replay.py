import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.errors import DataUnusable
from routergate.domain.request import Message
from routergate.evaluation.outcomes import Outcome
from routergate.evaluation.replay import THRESHOLDS, Replay, replay
from support.quizzes import a_router, an_outcome


async def replayed(outcomes: Sequence[Outcome], **route: Any) -> Replay:
    return await replay(a_router(**route), "auto", outcomes, time.time_ns())


def column(threshold: float) -> int:
    """The first threshold that is no higher."""
    return int(np.argmax(threshold >= THRESHOLDS))


def test_thresholds_go_from_the_safest_to_the_cheapest() -> None:
    assert (THRESHOLDS[0], THRESHOLDS[-1]) == (1, 0)
    assert (np.diff(THRESHOLDS) < 0).all()


async def test_an_outcome_is_decided_at_every_threshold() -> None:
    found = await replayed([an_outcome("law 1 0.72", {"mini": 0.25, "large": 0.75})])
    assert (found.tasks, found.reference.tolist()) == (("law",), [0.75])
    changed = column(0.8)  # of the baseline's 0.9, the estimate 0.72 is 0.8
    assert (found.quality[0, : changed - 1] == 0.75).all()
    assert (found.quality[0, changed + 1 :] == 0.25).all()
    assert found.cost[0, -1] < found.cost[0, 0] == found.baseline_cost[0]


async def test_where_answers_are_checked_the_second_answer_counts() -> None:
    outcomes = [an_outcome("law 1 0.72", {"mini": 0.25, "large": 0.75})]
    plain = await replayed(outcomes)
    checked = await replayed(outcomes, cascade=Cascade(escalate_when=frozenset({Flaw.EMPTY})))
    assert checked.cost[0, 0] == plain.cost[0, 0]  # the best one is given unchecked
    assert checked.cost[0, -1] > plain.cost[0, -1]


async def test_without_a_baseline_quality_is_compared_with_perfection() -> None:
    found = await replayed([an_outcome("law 1 0.72", {"mini": 0, "large": 1})], baseline=None)
    assert found.reference.tolist() == [1.0]
    assert np.isnan(found.baseline_cost).all()


async def test_a_label_may_be_under_the_providers_name_for_the_model() -> None:
    found = await replayed([an_outcome("law 1 0.72", {"mini-2024": 0.5, "large": 1})])
    assert found.quality[0, -1] == 0.5


async def test_an_outcome_that_lacks_a_label_is_counted_and_left_out() -> None:
    whole, half = an_outcome("law 1 0.5", {"mini": 1, "large": 1}), an_outcome("law 2 0.5", {"mini": 1})
    found = await replayed([whole, half])
    assert (len(found.tasks), found.unusable) == (1, 1)


async def test_a_prompt_that_no_model_has_room_for_is_left_out() -> None:
    turns = Message(role="system", text="word " * 9_000), Message(role="user", text="law 2 0.5")
    long = an_outcome("", {"mini": 1, "large": 1}, messages=turns)
    found = await replayed([an_outcome("law 1 0.5", {"mini": 1, "large": 1}), long])
    assert found.unusable == 1


async def test_data_about_other_models_are_refused_with_the_names_that_are_needed() -> None:
    with pytest.raises(DataUnusable, match=r"every model of 'auto' \(mini, large\)"):
        await replayed([an_outcome("law 1 0.5", {"a": 1, "b": 0})])
