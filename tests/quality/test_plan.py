"""How comparisons of a route are planned."""

import re
from typing import Any

import pytest

from routergate.domain.model import ModelId
from routergate.domain.quality import Source, Trust
from routergate.quality.plan import NOTHING_KNOWN, SENSIBLE, Exact, Jury
from routergate.quality.sampling import Sampling
from support.comparisons import a_plan


def test_either_a_check_or_a_judge_compares() -> None:
    jury = Jury(model=ModelId("judge"))
    assert a_plan().source is Source.EXACT
    assert a_plan(exact=None, jury=jury).source is Source.JUDGE
    wrong: dict[str, Any]
    for wrong in ({"exact": None}, {"jury": jury}):
        with pytest.raises(ValueError, match="by a check or by a judge"):
            a_plan(**wrong)


def test_a_pattern_is_for_the_check_that_has_one() -> None:
    assert a_plan(exact=Exact.REGEX, pattern=re.compile("x")).pattern
    wrong: dict[str, Any]
    for wrong in ({"exact": Exact.REGEX}, {"pattern": re.compile("x")}):
        with pytest.raises(ValueError, match="needs a pattern"):
            a_plan(**wrong)


def test_a_task_without_a_rubric_has_the_default_one_or_common_sense() -> None:
    assert Jury(model=ModelId("judge"), rubrics={"code": "Runs."}).rubric("code") == "Runs."
    assert Jury(model=ModelId("judge"), rubrics={"default": "Good."}).rubric("code") == "Good."
    assert Jury(model=ModelId("judge")).rubric("code") == SENSIBLE


def test_nothing_is_drawn_with_a_smaller_probability_than_the_least() -> None:
    plan = a_plan(sampling=Sampling(share=0.04, shadow=0.01))
    drawn = [plan.inclusion(trust, NOTHING_KNOWN) for trust in Trust if trust is not Trust.QUARANTINED]
    assert min(drawn) == plan.least == 0.01
    assert a_plan(sampling=Sampling(share=0.04, shadow=0.0)).least == 0.04
