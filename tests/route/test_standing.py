from dataclasses import replace

import pytest

from routergate.domain.decision import Decision, Estimate, Why
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import Stand, Standing, Trust
from routergate.route.decide import World, decide
from routergate.route.explain import explain
from routergate.route.filters import Conditions
from routergate.route.holdout import draw
from support.builders import DAY, a_card, a_catalogue, a_policy, a_rate_card, some_features

CHEAP = a_card("cheap", quality=0.9)
DEAR = a_card("dear", quality=0.99, prices=(a_rate_card("10", "30"),))
CATALOGUE = a_catalogue(CHEAP, DEAR, baseline=DEAR.id, quality=0.8)
CHAT = TaskId("chat")


def standing(trust: Trust, *models: str) -> Standing:
    stand = Stand(trust=trust, why="quality 0.71 against 0.8", share=0.1)
    return Standing({(ModelId(model), CHAT): stand for model in models})


def decided(standing: Standing, drawn: float = 0.1) -> Decision:
    world = World(
        catalogue=CATALOGUE,
        quality=lambda _, asked: [Estimate(mean=card.quality["default"], stderr=0.05) for card in asked],
        output_tokens=lambda *_: 300,
        on=DAY,
        draw=drawn,
        standing=standing,
    )
    return decide("decision-1", CATALOGUE.routes["auto"], some_features(), Wishes(), Conditions(), world)


@pytest.mark.parametrize("trust", [Trust.DEMOTED, Trust.QUARANTINED, Trust.PROBING])
def test_a_model_that_is_not_trusted_with_the_task_is_passed_over_and_told_why(trust: Trust) -> None:
    decision = decided(standing(trust, "cheap"))
    reason = f"is {trust}: quality 0.71 against 0.8"

    assert decision.chosen.card.id == "dear"
    assert [(one.model, one.why, one.reason) for one in decision.rejected] == [("cheap", Why.QUALITY, reason)]
    assert explain(decision, lambda *_: {})["rejected"] == [{"model": "cheap", "reason": reason}]


def test_other_tasks_are_not_concerned() -> None:
    elsewhere = Standing({(CHEAP.id, TaskId("math")): Stand(trust=Trust.DEMOTED, why="bad at it")})

    assert decided(elsewhere).chosen.card.id == "cheap"
    assert decided(standing(Trust.WATCHED, "cheap")).chosen.card.id == "cheap"


def test_a_share_of_the_requests_probes_whether_a_model_is_good_again() -> None:
    told = standing(Trust.PROBING, "cheap")

    assert [decided(told, drawn).chosen.card.id for drawn in (0.49, 0.5, 0.59, 0.6)] == [
        "dear",
        "cheap",
        "cheap",
        "dear",
    ]


def test_if_nobody_is_trusted_they_are_tried_all_the_same() -> None:
    assert decided(standing(Trust.DEMOTED, "cheap", "dear")).chosen.card.id == "cheap"


def test_every_request_has_a_draw_whether_or_not_the_route_holds_any_out() -> None:
    account = Attribution(identity=Identity(key="key-1", organisation="acme"))
    policy = a_policy("cheap", "dear")
    drawn = [draw(policy, account, f"request-{number}") for number in range(1_000)]

    assert len(set(drawn)) == 1_000
    assert 0 <= min(drawn) < max(drawn) < 1
    assert drawn[1] == draw(replace(policy, candidates=()), account, "request-1")
