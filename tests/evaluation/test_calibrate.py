import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from routergate.domain.errors import DataUnusable
from routergate.domain.model import TaskId
from routergate.evaluation.calibrate import Found, Promise, calibrate
from routergate.evaluation.outcomes import Outcome
from routergate.evaluation.replay import THRESHOLDS, Replay, replay
from support.quizzes import a_quiz, a_router, an_outcome

PROMISE = Promise(target=0.9, confidence=0.9, fallback=True)


async def replayed(outcomes: Sequence[Outcome], **route: Any) -> Replay:
    return await replay(a_router(**route), "auto", outcomes, time.time_ns())


async def found(outcomes: Sequence[Outcome], **promise: Any) -> Mapping[TaskId | None, Found]:
    return calibrate(await replayed(outcomes), replace(PROMISE, **promise))


async def test_the_threshold_is_cheaper_than_the_baseline_and_keeps_the_promise() -> None:
    [(task, chosen)] = (await found(a_quiz(2_000))).items()
    assert (task, chosen.setting.labels) == (None, 2_000)
    assert chosen.setting.threshold is not None
    assert chosen.setting.threshold < 0.9
    assert chosen.setting.kept is not None
    assert chosen.setting.kept >= 0.9
    assert chosen.cost is not None
    assert chosen.cost < 0.7


async def test_a_harder_promise_has_a_higher_threshold() -> None:
    quiz = a_quiz(900)
    thresholds = [(await found(quiz, target=target))[None].setting.threshold for target in (0.8, 0.9, 0.97)]
    assert thresholds == sorted(thresholds, key=lambda threshold: threshold or 0)
    assert len(set(thresholds)) == 3


async def test_the_order_of_the_outcomes_makes_little_difference() -> None:
    quiz = a_quiz(900)
    there, back = (await found(quiz))[None], (await found(quiz[::-1]))[None]
    assert there.setting.threshold == pytest.approx(back.setting.threshold, abs=0.06)


async def test_tasks_with_enough_outcomes_have_their_own_threshold() -> None:
    quiz = a_quiz(1_500, tasks=("code", "code", "law", "law", "chat"))
    rare = [an_outcome(f"{task} 1 0.5", {"mini": 1, "large": 1}) for task in ("poem", "joke")]
    groups = await found([*quiz, *rare])
    assert {task: each.setting.labels for task, each in groups.items()} == {
        None: 302,
        "code": 600,
        "law": 600,
    }


async def test_where_nothing_can_be_shown_the_baseline_remains() -> None:
    hopeless = [an_outcome(f"chat {n} 0.95", {"mini": n % 5 == 0, "large": n % 20 > 0}) for n in range(400)]
    chosen = (await found(hopeless, target=0.95))[None]
    assert (chosen.setting.threshold, chosen.setting.kept, chosen.cost, chosen.missing) == (
        None,
        None,
        1.0,
        None,
    )


async def test_too_few_outcomes_are_refused_with_the_number_that_is_missing() -> None:
    with pytest.raises(DataUnusable, match=r"10 usable outcomes are too few .* 0.9: 12 labels are missing"):
        await found(a_quiz(10))


async def test_without_a_baseline_to_fall_back_on_the_missing_labels_are_estimated() -> None:
    few = [an_outcome(f"chat {n} 0.95", {"mini": 1, "large": n % 30 > 0}) for n in range(60)]
    rows = replace(await replayed(few, baseline=None), quality=np.full((60, len(THRESHOLDS)), 0.92))
    with pytest.raises(DataUnusable, match=r"0.9 for other tasks: about \d+ labels are missing"):
        calibrate(rows, replace(PROMISE, fallback=False))


async def test_outcomes_that_speak_against_the_promise_are_no_want_of_labels() -> None:
    bad = [an_outcome(f"chat {n} 0.95", {"mini": n % 2, "large": n % 2}) for n in range(400)]
    rows = await replayed(bad, baseline=None)
    with pytest.raises(DataUnusable, match="speak against it; lower the target, or add a better model"):
        calibrate(rows, replace(PROMISE, fallback=False))


async def test_the_promise_is_broken_no_more_often_than_it_says() -> None:
    everybody = await replayed(a_quiz(1_000, seed=9))
    rng, broken = np.random.default_rng(2), 0
    for _ in range(60):
        drawn = everybody.rows(rng.integers(1_000, size=200).tolist())
        threshold = calibrate(drawn, PROMISE)[None].setting.threshold
        column = 0 if threshold is None else int(np.argmin(np.abs(THRESHOLDS - threshold)))
        broken += everybody.quality[:, column].mean() < 0.9 * everybody.reference.mean()
    assert broken <= 6
