from collections.abc import Sequence
from dataclasses import replace

import msgspec

from routergate.domain.decision import Decision, Estimate, Rejection, Why
from routergate.domain.identity import Wishes
from routergate.domain.model import Capability, ModelCard, ModelId
from routergate.domain.request import Features
from routergate.ledger.decided import MOST
from routergate.ledger.parquet import decode_rows, encode_rows
from routergate.ledger.record import EventRow, decode, encode, row
from routergate.ledger.remembered import remembered
from routergate.route.decide import World, decide
from routergate.route.filters import Conditions
from routergate.route.redecide import Supposed, redecide
from support.builders import DAY, a_card, a_catalogue, a_decision, a_rate_card, some_features
from support.events import an_event

CHEAP = a_card("cheap", quality=0.8, capabilities=frozenset({Capability.TOOLS}))
DEAR = replace(CHEAP, id=ModelId("dear"), quality={"default": 0.96}, prices=(a_rate_card("10", "30"),))
PLAIN = a_card("plain", quality=0.99)
CATALOGUE = a_catalogue(CHEAP, DEAR, PLAIN, baseline=DEAR.id, quality=0.8, holdout=0.25)
POLICY = CATALOGUE.routes["auto"]


def declared(_: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
    return [Estimate(mean=card.quality["default"], stderr=0.05) for card in cards]


def decided(drawn: float = 0.5) -> Decision:
    features = some_features(needs=frozenset({Capability.TOOLS}), max_output_tokens=500, choices=2)
    world = World(catalogue=CATALOGUE, quality=declared, output_tokens=lambda *_: 300, on=DAY, draw=drawn)
    return decide("event-1", POLICY, features, Wishes(), Conditions(), world)


def booked(decision: Decision | None) -> EventRow:
    baseline = decision.baseline.id if decision and decision.baseline else None
    return row(an_event(decision=decision, threshold=0.8, baseline=baseline))


def test_a_row_remembers_what_it_was_decided_on() -> None:
    flat = booked(decided())

    assert (flat.input_tokens, flat.max_output_tokens, flat.choices) == (100, 500, 2)
    assert (flat.needs, flat.format, flat.language, flat.domain) == (("tools",), "chat", "en", "general")
    assert (flat.baseline_quality, flat.arm, flat.propensity) == (0.96, "routed", 0.75)
    assert [(one.model, one.reason) for one in flat.candidates or ()] == [
        ("cheap", None),
        ("dear", None),
        ("plain", "needs"),
    ]
    assert decode(encode(flat)) == flat
    assert list(decode_rows(encode_rows([flat]), "acme")) == [flat]


def test_a_remembered_decision_is_decided_again_as_it_was() -> None:
    told = Supposed(catalogue=CATALOGUE, on=DAY, quality=declared, output_tokens=lambda *_: 300)
    for drawn in (0.1, 0.5):
        decision, found = decided(drawn), remembered(booked(decided(drawn)), CATALOGUE)

        assert found is not None
        again = redecide(found, POLICY, told)
        assert again.candidates == decision.candidates
        assert (again.rule, again.assignment) == (decision.rule, decision.assignment)


def test_what_nobody_wrote_down_cannot_be_decided_again() -> None:
    assert remembered(booked(None), CATALOGUE) is None
    assert remembered(booked(decided()), a_catalogue(PLAIN)) is None


def test_models_that_are_gone_are_left_out() -> None:
    found = remembered(booked(decided()), a_catalogue(CHEAP))

    assert found is not None
    assert [one.card.id for one in found.candidates] == ["cheap"]
    assert found.baseline is None


def test_an_unknown_cost_or_share_stays_unknown() -> None:
    unpriced = a_card("unpriced", prices=())
    catalogue = a_catalogue(unpriced)
    flat = booked(a_decision(unpriced))
    found = remembered(msgspec.structs.replace(flat, task="chat"), catalogue)

    assert found is not None
    assert (found.chosen.cost, found.chosen.share) == (None, None)


def test_a_row_does_not_grow_without_end() -> None:
    cards = [a_card(f"model-{n}") for n in range(MOST + 5)]
    out = tuple(Rejection(model=card.id, reason="is failing", why=Why.FAILING) for card in cards)
    flat = booked(replace(a_decision(*cards), rejected=out))

    assert len(flat.candidates or ()) == 2 * MOST
