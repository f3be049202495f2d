from dataclasses import replace

import pytest

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.decision import Arm, Assignment, Decision, Estimate
from routergate.domain.format import Format
from routergate.domain.identity import Attribution, Identity, Wishes
from routergate.domain.model import Capability, ModelId
from routergate.route.decide import World, decide
from routergate.route.explain import explain
from routergate.route.filters import Conditions
from routergate.route.holdout import draw
from routergate.route.named import policy_of
from support.builders import DAY, a_card, a_catalogue, a_policy, a_rate_card, some_features

CHEAP = a_card("cheap", quality=0.9)
DEAR = a_card("dear", quality=0.99, prices=(a_rate_card("10", "30"),), capabilities=frozenset())
ACCOUNT = Attribution(identity=Identity(key="key-1", organisation="acme"))
HELD = a_policy("cheap", "dear", baseline=ModelId("dear"), holdout=0.1)


def decided(drawn: float, **changes: object) -> Decision:
    features = some_features(**{name: changes.pop(name) for name in ("format", "needs") if name in changes})
    cards = (replace(CHEAP, capabilities=features.needs), DEAR)
    catalogue = a_catalogue(*cards, **{"baseline": DEAR.id, "holdout": 0.1, "quality": 0.5, **changes})
    world = World(
        catalogue=catalogue,
        quality=lambda _, asked: [Estimate(mean=card.quality["default"], stderr=0.05) for card in asked],
        output_tokens=lambda *_: 300,
        on=DAY,
        draw=drawn,
    )
    policy = policy_of(catalogue, "auto", Wishes())
    return decide("decision-1", policy, features, Wishes(), Conditions(route="auto"), world)


def test_a_share_of_the_requests_goes_to_the_baseline_and_says_so() -> None:
    held, routed = decided(0.09), decided(0.1)

    assert [one.card.id for one in held.candidates] == ["dear", "cheap"]
    assert held.rule == "held out at random (0.1 of all): the baseline first"
    assert held.assignment == Assignment(arm=Arm.BASELINE, propensity=0.1)
    assert routed.chosen.card.id == "cheap"
    assert routed.assignment == Assignment(arm=Arm.ROUTED, propensity=0.9)
    assert explain(held, lambda *_: {})["arm"] == "baseline"


def test_what_is_held_out_is_given_as_it_comes() -> None:
    cascade = Cascade(escalate_when=frozenset({Flaw.EMPTY}))

    assert decided(0.0, cascade=cascade).cascade is None
    assert decided(0.5, cascade=cascade).cascade == cascade


@pytest.mark.parametrize(
    "changes",
    [{"holdout": 0.0}, {"needs": frozenset({Capability.TOOLS})}],
    ids=["nothing is held out", "the baseline has no tools"],
)
def test_a_request_that_could_not_have_been_held_out_is_in_no_arm(changes: dict[str, object]) -> None:
    decision = decided(0.0, **changes)

    assert decision.assignment is None
    assert decision.chosen.card.id == "cheap"
    assert explain(decision, lambda *_: {})["arm"] is None


def test_vectors_are_never_held_out() -> None:
    formats = frozenset({Format.EMBEDDINGS})
    cards = (replace(CHEAP, formats=formats), replace(DEAR, formats=formats))
    catalogue = a_catalogue(*cards, baseline=DEAR.id, holdout=0.5)
    world = World(
        catalogue=catalogue,
        quality=lambda _, asked: [Estimate(mean=0.9, stderr=0.05) for _ in asked],
        output_tokens=lambda *_: 0,
        on=DAY,
        draw=0.0,
    )
    wanted = some_features(format=Format.EMBEDDINGS)
    decision = decide("1", catalogue.routes["auto"], wanted, Wishes(), Conditions(), world)

    assert decision.assignment is None
    assert decision.chosen.card.id == "cheap"


def test_chance_gives_each_arm_its_share() -> None:
    drawn = [draw(HELD, ACCOUNT, f"request-{n}") for n in range(4000)]

    assert all(0 <= each < 1 for each in drawn)
    # Hashes do not change: 400 are expected, and 60 is three standard deviations.
    assert 340 < sum(each < 0.1 for each in drawn) < 460


def test_a_conversation_stays_in_its_arm() -> None:
    talking = replace(ACCOUNT, session="s-1")
    elsewhere = replace(talking, identity=Identity(key="key-1", organisation="other"))

    assert draw(HELD, talking, "request-1") == draw(HELD, talking, "request-2")
    assert draw(HELD, talking, "request-1") != draw(HELD, elsewhere, "request-1")
    assert draw(HELD, talking, "1") != draw(replace(HELD, id="other"), talking, "1")
    assert draw(HELD, ACCOUNT, "request-1") != draw(HELD, ACCOUNT, "request-2")
    assert 0 <= draw(HELD, replace(ACCOUNT, session="half a \ud800"), "1") < 1


@pytest.mark.parametrize("share", [-0.1, 0.6])
def test_a_hold_out_is_half_at_most(share: float) -> None:
    with pytest.raises(ValueError, match="a hold-out is a share"):
        replace(HELD, holdout=share)


def test_a_hold_out_needs_its_baseline_among_the_candidates() -> None:
    with pytest.raises(ValueError, match="among the candidates"):
        a_policy("cheap", baseline=ModelId("dear"), holdout=0.1)
