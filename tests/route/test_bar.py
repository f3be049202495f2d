from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from routergate.domain.calibration import Calibration, Setting
from routergate.domain.decision import Decision, Estimate
from routergate.domain.identity import Wishes
from routergate.domain.model import ModelCard, ModelId, TaskId
from routergate.domain.request import Features
from routergate.route.bar import bar
from routergate.route.decide import World, decide
from routergate.route.explain import explain
from routergate.route.filters import Conditions
from support.builders import DAY, a_card, a_catalogue, a_policy, a_rate_card, a_reading, some_features

CHEAP = a_card("cheap", prices=(a_rate_card("1", "1"),))
DEAR = a_card("dear", prices=(a_rate_card("9", "9"),))
ESTIMATES = {"cheap": Estimate(mean=0.9, stderr=0.1), "dear": Estimate(mean=0.92, stderr=0.01)}

CALIBRATION = Calibration(
    route="auto",
    candidates=(CHEAP.id, DEAR.id),
    baseline=DEAR.id,
    target=0.95,
    confidence=0.9,
    bound=None,
    otherwise=Setting(threshold=0.97, labels=800, kept=0.953),
    tasks={
        TaskId("code"): Setting(threshold=0.99, labels=300, kept=0.96),
        TaskId("law"): Setting(threshold=None, labels=200, kept=None),
    },
    estimator="test",
    digest="abc",
    made=date(2026, 3, 1),
)


def unmoved(features: Features, card: ModelCard) -> Mapping[str, float]:
    return {}


def decided(task: str = "chat", wishes: Wishes | None = None, **policy: object) -> Decision:
    catalogue = a_catalogue(CHEAP, DEAR, **policy)
    world = World(
        catalogue=catalogue,
        quality=lambda _, cards: [ESTIMATES[card.id] for card in cards],
        output_tokens=lambda *_: 300,
        on=DAY,
    )
    features = some_features(reading=a_reading(task=TaskId(task)))
    told = wishes or Wishes()
    return decide("decision-1", catalogue.routes["auto"], features, told, Conditions(), world)


def test_without_a_bound_the_mean_counts() -> None:
    decision = decided(quality=0.85)
    assert (decision.chosen.card.id, decision.chosen.lower) == ("cheap", 0.9)


def test_a_bound_keeps_out_a_model_whose_estimate_is_unsure() -> None:
    decision = decided(quality=0.85, bound=0.9)
    assert [(c.card.id, round(c.lower, 3)) for c in decision.candidates] == [
        ("dear", 0.907),
        ("cheap", 0.772),
    ]
    assert decision.rule == "the cheapest model that reaches 0.85 with confidence 0.9, then by quality"


def test_a_bound_of_a_half_is_the_mean() -> None:
    assert decided(quality=0.85, bound=0.5).chosen.lower == pytest.approx(0.9)


@pytest.mark.parametrize("bound", [0.4, 1.0, float("nan")])
def test_a_bound_is_a_confidence(bound: float) -> None:
    with pytest.raises(ValueError, match="a bound is a confidence"):
        a_policy("cheap", bound=bound)


def test_the_baseline_is_as_good_as_itself_however_unsure_its_estimate() -> None:
    baseline = decided(baseline=DEAR.id, quality=1.0, bound=0.99).chosen
    assert (baseline.card.id, baseline.quality, baseline.adequate) == (
        "dear",
        Estimate(mean=1, stderr=0),
        True,
    )


def test_a_calibration_takes_the_place_of_the_written_quality() -> None:
    decision = decided(baseline=DEAR.id, quality=1.0, calibration=CALIBRATION)
    assert (decision.threshold, decision.chosen.card.id) == (0.97, "cheap")
    assert decision.rule == (
        "the cheapest model that reaches 0.97, which keeps 0.95 of dear's quality with confidence 0.9 "
        "(calibrated 2026-03-01), then by quality"
    )


def test_a_task_may_have_a_threshold_of_its_own() -> None:
    decision = decided("code", baseline=DEAR.id, calibration=CALIBRATION)
    assert (decision.threshold, decision.chosen.card.id) == (0.99, "dear")


def test_where_nothing_could_be_shown_only_the_baseline_is_good_enough() -> None:
    decision = decided("law", baseline=DEAR.id, calibration=CALIBRATION)
    assert [(c.card.id, c.adequate) for c in decision.candidates] == [("dear", True), ("cheap", False)]
    assert "surely keeps 0.95 of dear's quality" in decision.rule


def test_a_callers_own_threshold_is_no_calibrated_one() -> None:
    decision = decided(wishes=Wishes(quality=0.5), calibration=CALIBRATION)
    assert (decision.threshold, decision.calibration) == (0.5, None)


def test_a_promise_without_a_baseline_is_of_quality_itself() -> None:
    found = replace(CALIBRATION, baseline=None)
    assert "keeps 0.95 quality with" in bar(a_policy("a", calibration=found), Wishes(), TaskId("x")).reached


def test_an_explanation_cites_the_calibration() -> None:
    assert explain(decided("code", baseline=ModelId("dear"), calibration=CALIBRATION), unmoved)[
        "calibration"
    ] == {
        "target": 0.95,
        "confidence": 0.9,
        "kept": 0.96,
        "labels": 300,
        "made": "2026-03-01",
        "digest": "abc",
    }
