from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import Loaded
from routergate.domain.decision import Catalogue, Decision, Estimate, Rejection, RoutePolicy, Why
from routergate.domain.errors import NoEligibleModel
from routergate.domain.identity import Wishes
from routergate.domain.model import Capability, ModelCard, ModelId, TaskId
from routergate.domain.money import Nanos
from routergate.domain.quality import Stand, Standing, Trust
from routergate.domain.request import Features
from routergate.route.decide import World, decide
from routergate.route.filters import Conditions
from routergate.route.redecide import Supposed, redecide
from support.builders import DAY, a_card, a_catalogue, a_policy, a_rate_card, some_features

CHEAP = a_card("cheap", quality=0.8)
MIDDLE = a_card("middle", quality=0.9, prices=(a_rate_card("1", "4"),))
DEAR = a_card("dear", quality=0.96, prices=(a_rate_card("10", "30"),))
CARDS = (CHEAP, MIDDLE, DEAR)
CATALOGUE = a_catalogue(*CARDS, baseline=DEAR.id, quality=0.9)
POLICY = CATALOGUE.routes["auto"]


def declared(_: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
    return [Estimate(mean=card.quality["default"], stderr=0.05) for card in cards]


def once(policy: RoutePolicy = POLICY, **changes: Any) -> Decision:
    """As it was decided at the time."""
    told = Conditions(down=changes.pop("down", frozenset()))
    world = World(catalogue=CATALOGUE, quality=declared, output_tokens=lambda *_: 300, on=DAY, **changes)
    return decide("decision-1", policy, some_features(), Wishes(), told, world)


def supposed(catalogue: Catalogue = CATALOGUE, **changes: Any) -> Supposed:
    told = Supposed(catalogue=catalogue, on=DAY, quality=declared, output_tokens=lambda *_: 300)
    return replace(told, **changes)


@given(
    quality=st.floats(0, 1),
    bound=st.none() | st.floats(0.5, 0.99),
    loaded=st.booleans(),
    warm=st.integers(0, 200),
    drawn=st.floats(0, 0.99),
)
def test_under_the_same_policy_it_is_decided_the_same(
    quality: float, bound: float | None, loaded: bool, warm: int, drawn: float
) -> None:
    policy = replace(POLICY, quality=quality, bound=bound, loaded=loaded, holdout=0.3)
    shares = {"dear": Loaded(hosting=Nanos(7)), "middle": None}
    decision = once(
        policy,
        warm=lambda model: warm if model == "cheap" else 0,
        share=lambda card: shares.get(card.id, Loaded()),
        draw=drawn,
    )

    assert redecide(decision, policy, supposed()) == decision


def test_a_lower_threshold_lets_a_cheaper_model_answer() -> None:
    decision = once()

    assert decision.chosen.card.id == "middle"
    assert redecide(decision, POLICY, supposed(threshold=0.8)).chosen.card.id == "cheap"
    assert redecide(decision, replace(POLICY, quality=0.99), supposed()).chosen.card.id == "dear"


def test_a_new_price_moves_what_is_cheapest() -> None:
    prices = (replace(a_rate_card(), input=Decimal("0.01"), output=Decimal("0.01")),)
    models = {**CATALOGUE.models, DEAR.id: replace(DEAR, prices=prices)}

    assert redecide(once(), POLICY, supposed(replace(CATALOGUE, models=models))).chosen.card.id == "dear"


def test_a_new_model_is_estimated_and_the_others_are_not_estimated_again() -> None:
    new = a_card("new", quality=0.95, prices=(a_rate_card("0.01", "0.01"),))
    models = {**CATALOGUE.models, new.id: new}
    policy = replace(POLICY, candidates=(*POLICY.candidates, new.id))
    asked: list[ModelId] = []

    def quality(_: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        asked.extend(card.id for card in cards)
        return declared(_, cards)

    again = redecide(once(), policy, supposed(replace(CATALOGUE, models=models), quality=quality))
    assert again.chosen.card.id == "new"
    assert again.chosen.quality.mean == pytest.approx(0.95 / 0.96)
    assert asked == ["new"]


def test_a_new_model_must_meet_the_needs_of_the_request() -> None:
    new = a_card("new", quality=0.99, prices=(a_rate_card("0.01", "0.01"),))
    models = {
        name: replace(card, capabilities=frozenset({Capability.TOOLS}))
        for name, card in CATALOGUE.models.items()
    }
    policy = replace(POLICY, candidates=(*POLICY.candidates, new.id))
    decision = replace(once(), features=some_features(needs=frozenset({Capability.TOOLS})))

    again = redecide(decision, policy, supposed(replace(CATALOGUE, models={**models, new.id: new})))
    assert [(one.model, one.why) for one in again.rejected] == [("new", Why.NEEDS)]


def test_what_failed_at_the_time_stays_out_and_what_was_too_dear_is_looked_at_again() -> None:
    failing = once(down=frozenset({MIDDLE.id}))
    poor = once(replace(POLICY, max_cost=Nanos(2_000_000)))

    assert [one.card.id for one in redecide(failing, POLICY, supposed(threshold=0.9)).candidates] == [
        "dear",
        "cheap",
    ]
    assert [one.model for one in poor.rejected] == ["dear"]
    assert len(redecide(poor, POLICY, supposed()).candidates) == 3


def test_a_baseline_that_could_not_serve_holds_nothing_out() -> None:
    held = replace(POLICY, holdout=0.5)
    out = (Rejection(model=DEAR.id, reason="is failing", why=Why.FAILING),)
    decision = replace(once(), rejected=out)

    assert redecide(decision, held, supposed()).assignment is None


def test_nobody_left_is_told_as_in_production() -> None:
    out = tuple(Rejection(model=card.id, reason="no", why=Why.BUDGET) for card in CARDS)

    with pytest.raises(NoEligibleModel):
        redecide(replace(once(), rejected=out), POLICY, supposed())


def test_without_a_baseline_quality_is_taken_as_it_is() -> None:
    plain = a_policy("cheap", "middle", quality=0.85)
    new = a_card("new", quality=0.87, prices=(a_rate_card("0.01", "0.01"),))
    models = {**CATALOGUE.models, new.id: new}
    policy = replace(plain, candidates=(*plain.candidates, new.id))

    again = redecide(once(plain), policy, supposed(replace(CATALOGUE, models=models)))
    assert (again.chosen.card.id, again.chosen.quality.mean) == ("new", 0.87)


def test_who_was_not_trusted_then_is_not_asked_again() -> None:
    demoted = Stand(trust=Trust.DEMOTED, why="quality 0.71 against 0.9")
    policy = replace(POLICY, quality=0.5)
    then = once(policy, standing=Standing({(CHEAP.id, TaskId("chat")): demoted}))

    assert once(policy).chosen.card.id == "cheap"
    assert then.chosen.card.id == "middle"
    assert redecide(then, policy, supposed()).chosen.card.id == "middle"
