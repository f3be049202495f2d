import json
from dataclasses import asdict, replace

import numpy as np
import pytest

from routergate.domain.errors import DataUnusable
from routergate.evaluation.evaluate import Report, evaluate
from routergate.evaluation.frontier import frontier
from routergate.evaluation.sheet import Sheet, sheet
from support.builders import DAY
from support.quizzes import LARGE, MINI, Guess, a_quiz, an_outcome

CARDS = {"mini": MINI, "large": LARGE}


@pytest.fixture(scope="module")
def quiz() -> Sheet:
    return sheet(a_quiz(1_500, tasks=("code", "code", "law")), Guess(), CARDS, DAY)


@pytest.fixture(scope="module")
def report(quiz: Sheet) -> Report:
    return evaluate(quiz)


def test_the_best_model_is_compared_with_the_cheapest(report: Report) -> None:
    assert (report.strong, report.weak) == ("large", "mini")
    assert (report.prompts, report.questions) == (1_500, 1_500)


def test_an_informed_router_lies_between_chance_and_perfection(report: Report) -> None:
    areas = {each.name: each.apgr for each in report.contenders}
    values = [areas[name].value or 0 for name in ("random", "prompt length", "router", "oracle")]
    assert values[0] == pytest.approx(0.5)
    assert values[1] == pytest.approx(0.5, abs=0.06)
    assert 0.7 < values[2] < values[3]
    router = areas["router"]
    assert router.low is not None
    assert router.high is not None
    assert router.low < values[2] < router.high


def test_true_estimates_have_a_small_calibration_error(report: Report) -> None:
    assert report.error.value == pytest.approx(0, abs=0.03)
    assert sum(each.count for each in report.reliability) == 3_000


def test_each_task_has_a_line_if_it_has_enough_prompts(report: Report) -> None:
    assert [(each.task, each.prompts) for each in report.tasks] == [("code", 1_000), ("law", 500)]
    assert all(each.strong > each.weak for each in report.tasks)


def test_the_pair_can_be_chosen(quiz: Sheet) -> None:
    turned = evaluate(quiz.rows(np.arange(90)), weak="large", strong="mini")
    assert (turned.weak, turned.strong) == ("large", "mini")
    assert turned.contenders[0].apgr.value is None
    with pytest.raises(DataUnusable, match="No outcome is of 'huge'; the models are mini, large"):
        evaluate(quiz, strong="huge")


def test_without_prices_the_worst_model_is_the_weak_one_and_there_is_no_cost_curve(quiz: Sheet) -> None:
    free = evaluate(replace(quiz.rows(np.arange(90)), costs=np.full((90, 2), np.nan)))
    assert (free.weak, free.strong, free.frontier) == ("mini", "large", None)
    assert {each.cost for each in free.models} == {None}


def test_a_model_that_was_seldom_asked_stands_for_nobody() -> None:
    lucky = an_outcome("law 0 0.5", {"mini": 1, "large": 1, "rare": 1})
    found = evaluate(sheet([lucky, *a_quiz(60)], Guess(), CARDS, DAY))
    assert (found.weak, found.strong) == ("mini", "large")
    assert [each.prompts for each in found.models] == [61, 61, 1]


def test_two_models_need_prompts_in_common() -> None:
    apart = [an_outcome(f"law {n} 0.5", {"mini": 1} if n % 2 else {"large": 1}) for n in range(40)]
    with pytest.raises(DataUnusable, match="No prompt was answered by both"):
        evaluate(sheet(apart, Guess(), CARDS, DAY))
    rare = [an_outcome("law 1 0.5", {"mini": 1, "large": 0}), *apart[::2]]
    with pytest.raises(DataUnusable, match="name the two with --weak and --strong"):
        evaluate(sheet(rare, Guess(), CARDS, DAY))


def test_a_report_is_plain_data(report: Report) -> None:
    assert json.loads(json.dumps(asdict(report)))["strong"] == "large"


def test_quality_has_its_price(report: Report) -> None:
    found = report.frontier
    assert found is not None
    assert (found.best, found.prompts, [line.name for line in found.models]) == (
        "large",
        1_500,
        ["mini", "large"],
    )
    lines = {line.name: line for line in found.lines}
    best_cost, best_quality = found.models[1].points[0]
    routed, known = lines["router"].cost_of(0.95 * best_quality), lines["oracle"].cost_of(0.95 * best_quality)
    assert routed is not None
    assert known is not None
    assert known < routed < 0.8 * best_cost
    assert lines["random"].cost_of(best_quality) == best_cost
    assert lines["router"].cost_of(1.1) is None


def test_the_oracle_goes_from_the_cheapest_model_to_perfection(quiz: Sheet) -> None:
    found = frontier(quiz)
    assert found is not None
    points = next(line.points for line in found.lines if line.name == "oracle")
    assert points[0] == pytest.approx(found.models[0].points[0])
    assert points[-1][1] == pytest.approx(quiz.labels.max(axis=1).mean())


def test_models_are_compared_on_prompts_that_all_of_them_answered() -> None:
    half = [an_outcome(f"law {n} 0.5", {"mini": 1, **({"large": 1} if n % 3 else {})}) for n in range(9)]
    found = frontier(sheet(half, Guess(), CARDS, DAY))
    assert found is not None
    assert found.prompts == 6


def test_models_without_a_prompt_in_common_are_not_compared() -> None:
    answered = ({"mini": 1, "large": 1}, {"mini": 1, "other": 1}, {"large": 1, "other": 1})
    apart = [an_outcome(f"law {n} 0.5", answered[n % 3]) for n in range(9)]
    assert frontier(sheet(apart, Guess(), {**CARDS, "other": MINI}, DAY)) is None
