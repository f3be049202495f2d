"""A route whose models' true quality is known, decided by production's own functions."""

from dataclasses import replace

import numpy as np
import pytest

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import EVERY, Subject, Trust
from routergate.quality.judge import Judge, Rate
from routergate.quality.rules import Rules
from support.drifting import Change, Course, Plan, Recorded, Route

ANSWERS = np.repeat(
    [[1.0, 1.0, 1.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0]], [90, 4, 2, 4], axis=0
)
KNOWN = Recorded(models=("mini", "middle", "omni"), outcomes={"chat": ANSWERS, "code": ANSWERS})
RULES = Rules(threshold=0.95, probes=0.5, rest=600.0)
CHANGE = Change(model="mini", points=0.4, start=8_000, end=20_000, tasks=frozenset({"chat"}))
PLAN = Plan(requests=36_000, rules=RULES, changes=(CHANGE,), at_large=False)
CHAT = Subject(route="auto", model=ModelId("mini"), task=TaskId("chat"))
CODE, LARGE = replace(CHAT, task=TaskId("code")), replace(CHAT, task=EVERY)


def seen(plan: Plan, seed: int = 1) -> Course:
    return Route(KNOWN, plan, np.random.default_rng(seed)).run()


@pytest.fixture(scope="module")
def course() -> Course:
    return seen(PLAN)


def test_a_model_that_gets_worse_at_a_task_loses_it_and_no_other(course: Course) -> None:
    at = course.first(CHAT, Trust.DEMOTED)

    assert at is not None
    assert 8_000 < at < 12_000
    assert course.compared(CHAT, 8_000, at) < 300
    assert course.first(CODE, Trust.DEMOTED) is None


def test_it_gets_the_task_back_after_it_has_recovered_and_not_before(course: Course) -> None:
    back = course.first(CHAT, Trust.TRUSTED, since=12_000)

    assert back is not None
    assert back > 20_000


def test_the_route_keeps_its_promise_throughout(course: Course) -> None:
    assert min(course.kept) >= 0.95


def test_what_gets_worse_at_everything_is_passed_over_for_everything() -> None:
    everything = replace(CHANGE, tasks=frozenset(KNOWN.tasks), end=40_000)
    course = seen(replace(PLAN, requests=16_000, changes=(everything,), at_large=True))

    assert course.first(LARGE, Trust.DEMOTED) is not None
    assert course.quality[-1] / course.baseline[-1] > 0.97


def test_a_dry_run_tells_and_moves_nothing() -> None:
    plan = replace(PLAN, requests=16_000, rules=replace(RULES, dry_run=True))
    course = seen(plan)

    assert course.first(CHAT, Trust.DEMOTED) is not None
    assert all(one.dry_run for _, one in course.moves)
    assert course.quality[-1] / course.baseline[-1] < 0.9


def test_a_judge_that_errs_costs_comparisons_and_not_the_guarantee() -> None:
    known = Rate(low=0.8, high=0.8)
    judge = Judge(sensitivity=known, specificity=known)
    course = seen(replace(PLAN, requests=20_000, flips=0.2, rules=replace(RULES, judge=judge)))
    at = course.first(CHAT, Trust.DEMOTED)

    assert at is not None
    assert at > 8_000
    assert course.first(CODE, Trust.DEMOTED) is None
