"""What may be written of comparisons, and what is said of mistakes."""

import json
from pathlib import Path
from typing import Any

import pytest

from routergate.config.load import load
from routergate.config.spec import Config
from routergate.domain.budget import Measure, Window
from routergate.domain.errors import ConfigError
from routergate.domain.quality import Source
from routergate.quality.plan import Plan
from support.gateway import configuration

BUDGET = {"usd": 20, "window": "day"}


def loaded(folder: Path, shadow: dict[str, Any], **route: Any) -> Config:
    written = {"candidates": ["small", "large"], "baseline": "large", "quality": 0.9, "shadow": shadow}
    path = folder / "routergate.yaml"
    path.write_text(json.dumps(configuration("http://sim/v1", routes={"auto": {**written, **route}})))
    return load(path, {})


def planned(folder: Path, **shadow: Any) -> Plan:
    return loaded(folder, {"budget": BUDGET, **shadow}).shadows["auto"]


def test_a_route_is_compared_with_its_baseline_at_its_promise(tmp_path: Path) -> None:
    plan = planned(tmp_path, check="numeric", share=0.1, dry_run=True)

    assert (plan.against, plan.rules.threshold, plan.rules.dry_run) == ("large", 0.9, True)
    assert (plan.budget.limit, plan.budget.measure, plan.budget.window) == (
        20 * 10**9,
        Measure.CASH,
        Window.DAY,
    )
    assert plan.budget.strict
    assert plan.artifact


def test_a_judge_without_labels_moves_nothing_and_a_warning_says_so(tmp_path: Path) -> None:
    config = loaded(tmp_path, {"budget": BUDGET, "judge": {"model": "large"}})

    plan = config.shadows["auto"]
    assert (plan.source, plan.rules.judge) == (Source.JUDGE, None)
    assert any("add labels" in warning for warning in config.warnings)


def test_labels_say_how_often_a_judge_errs(tmp_path: Path) -> None:
    labels = {"good": 200, "good_called_good": 190, "bad": 100, "bad_called_bad": 90}
    plan = planned(tmp_path, judge={"model": "large", "labels": labels, "rubric": {"code": "Runs."}})

    assert plan.rules.judge is not None
    assert plan.rules.judge.sensitivity.low < 0.95 < plan.rules.judge.sensitivity.high
    assert plan.jury is not None
    assert plan.jury.rubric("code") == "Runs."


@pytest.mark.parametrize(
    ("shadow", "words"),
    [
        ({}, "write one of them"),
        ({"check": "same", "judge": {"model": "large"}}, "write one of them"),
        ({"check": "regex"}, "has a pattern; add it"),
        ({"check": "same", "pattern": "x"}, "or remove it"),
        ({"check": "same", "against": "larg"}, "no model is called 'larg'; did you mean 'large'?"),
        ({"judge": {"model": "none"}}, "no model is called 'none'"),
        ({"check": "same", "share": 0.5}, "share is more than most"),
        ({"check": "same", "slack": 0.95}, "slack must be less than"),
        (
            {
                "judge": {
                    "model": "large",
                    "labels": {"good": 2, "good_called_good": 1, "bad": 2, "bad_called_bad": 1},
                }
            },
            "no better than chance",
        ),
    ],
)
def test_what_cannot_be_meant_is_told(tmp_path: Path, shadow: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        planned(tmp_path, **shadow)
    assert words in str(refused.value)
    assert "routes.auto.shadow" in str(refused.value)


def test_a_route_that_promises_nothing_cannot_fall_short(tmp_path: Path) -> None:
    shadow = {"budget": BUDGET, "check": "same"}
    with pytest.raises(ConfigError, match="promises no quality"):
        loaded(tmp_path, shadow, quality=0)
    with pytest.raises(ConfigError, match="nothing to compare with"):
        loaded(tmp_path, shadow, baseline=None)
