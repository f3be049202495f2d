"""The choice in the engine is production's: `redecide`, for many requests."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import ibis
import pytest

from routergate.classify.artifact import builtin
from routergate.classify.trained import TrainedEstimator
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.asset import Loaded
from routergate.domain.decision import Catalogue, Decision, Estimate, RoutePolicy
from routergate.domain.identity import Wishes
from routergate.domain.model import Capability, ModelCard, ModelId, TaskId
from routergate.domain.money import Nanos
from routergate.domain.request import Features
from routergate.ledger.record import EventRow, row
from routergate.ledger.remembered import remembered
from routergate.reporting.engine import fetched
from routergate.reporting.whatif.choice import as_written, chosen, decidable, eligible
from routergate.reporting.whatif.model import Newcomer, _enlarged
from routergate.route.decide import World, decide
from routergate.route.filters import Conditions
from routergate.route.redecide import Supposed, redecide
from support.books import ledgered
from support.builders import DAY, a_card, a_catalogue, a_rate_card, a_reading, some_features
from support.events import an_event

CARDS = (
    a_card("mini"),
    a_card("middle", prices=(a_rate_card("1", "4"),)),
    a_card("large", prices=(a_rate_card("10", "30"),)),
    a_card("unpriced", prices=()),
)
CATALOGUE = a_catalogue(*CARDS, baseline=ModelId("large"), quality=0.9)
POLICY = CATALOGUE.routes["auto"]
POLICIES = {
    "plain": POLICY,
    "absolute": replace(POLICY, baseline=None),
    "bound": replace(POLICY, bound=0.9),
    "loaded": replace(POLICY, loaded=True),
    "cascade": replace(POLICY, cascade=Cascade(escalate_when=frozenset({Flaw.EMPTY}))),
}
TOOLS = frozenset({Capability.TOOLS})


def some_rows(policy: RoutePolicy) -> list[EventRow]:
    dice = random.Random(11)
    return [_row(policy, dice, n) for n in range(120)]


def _row(policy: RoutePolicy, dice: random.Random, n: int) -> EventRow:
    def quality(_: Features, cards: Sequence[ModelCard]) -> list[Estimate]:
        return [
            Estimate(mean=dice.choice((0.5, 0.8, dice.random())), stderr=dice.random() / 5) for _ in cards
        ]

    world = World(
        catalogue=CATALOGUE,
        quality=quality,
        output_tokens=lambda *_: dice.randrange(1, 2000),
        on=DAY,
        share=lambda _: Loaded(hosting=Nanos(dice.randrange(10**6))),
        warm=lambda _: dice.choice((0, 50)),
    )
    features = some_features(
        reading=a_reading(complexity=dice.random(), task=TaskId(dice.choice(("chat", "code", "legal")))),
        needs=dice.choice((frozenset(), TOOLS)),
        input_tokens=dice.randrange(1, 9000),
        choices=dice.choice((1, 2)),
    )
    cards = [replace(card, capabilities=TOOLS, context_tokens=10**6) for card in CARDS]
    world = replace(world, catalogue=replace(CATALOGUE, models={card.id: card for card in cards}))
    decision = decide(f"event-{n}", policy, features, Wishes(), Conditions(), world)
    return row(
        an_event(
            id=decision.id,
            decision=decision,
            task=features.reading.task,
            complexity=features.reading.complexity,
            threshold=decision.threshold,
            baseline=policy.baseline,
        )
    )


def again(flat: EventRow, policy: RoutePolicy, told: Supposed) -> Decision:
    found = remembered(flat, told.catalogue)
    assert found is not None
    return redecide(found, policy, told)


def able(catalogue: Catalogue) -> Catalogue:
    models = {
        name: replace(card, capabilities=TOOLS, context_tokens=10**6)
        for name, card in catalogue.models.items()
    }
    return replace(catalogue, models=models)


def picked(where: Path, flat: list[EventRow], of: Any) -> dict[str, str]:
    with ledgered(where, *flat) as rows:
        free = rows.filter(decidable(rows))
        return {one["id"]: one["model"] for one in fetched(free.select("id", model=of(free).model))}


@pytest.mark.parametrize("name", POLICIES)
@pytest.mark.parametrize("threshold", [0.6, 0.95])
def test_another_threshold_chooses_as_production_would(name: str, threshold: float, tmp_path: Path) -> None:
    policy, flat = POLICIES[name], some_rows(POLICIES[name])
    found = picked(
        tmp_path,
        flat,
        lambda rows: chosen(rows, eligible(rows), policy, ibis.literal(threshold), as_written(policy)),
    )
    told = Supposed(
        catalogue=able(CATALOGUE),
        on=DAY,
        quality=lambda *_: [],
        output_tokens=lambda *_: 0,
        threshold=threshold,
    )

    assert found == {one.id: again(one, policy, told).chosen.card.id for one in flat}
    assert len(set(found.values())) > 1


@pytest.mark.parametrize("name", ["plain", "absolute"])
def test_another_model_is_chosen_where_production_would(name: str, tmp_path: Path) -> None:
    policy, flat = POLICIES[name], some_rows(POLICIES[name])
    new = a_card(
        "new",
        quality=None,
        prices=(a_rate_card("0.05", "0.2"),),
        context_tokens=8_000,
        serves=frozenset(),
    )
    new = replace(new, quality={"default": 0.8, "code": 0.55})
    artifact = builtin()
    it = Newcomer(
        card=new, policy=policy, usual=float(artifact.panel[-1]), residual=float(artifact.calibration[1])
    )
    found = picked(
        tmp_path,
        flat,
        lambda rows: chosen(rows, _enlarged(rows, it), policy, rows.threshold, as_written(policy)),
    )
    with_new = {**able(CATALOGUE).models, new.id: new}
    wider = replace(policy, candidates=(*policy.candidates, new.id))

    def told(one: EventRow) -> Supposed:
        usual = (one.candidates or ())[0].output_tokens or 0
        return Supposed(
            catalogue=replace(CATALOGUE, models=with_new),
            on=DAY,
            quality=TrainedEstimator.builtin().quality,
            output_tokens=lambda *_: usual,
        )

    assert found == {one.id: again(one, wider, told(one)).chosen.card.id for one in flat}
    assert "new" in found.values()
    assert len(set(found.values())) > 1


def test_vectors_and_what_chance_decided_are_not_decided_again(tmp_path: Path) -> None:
    flat = [*some_rows(POLICY)[:1], row(an_event(id="old"))]

    assert set(picked(tmp_path, flat, lambda rows: rows.candidates[0])) == {"event-0"}
