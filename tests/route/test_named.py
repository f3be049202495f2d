from dataclasses import replace
from typing import Any

import pytest

from routergate.domain.decision import DIRECT, Catalogue, Decision, Estimate
from routergate.domain.errors import NoEligibleModel, UnknownModel
from routergate.domain.identity import Wishes
from routergate.domain.model import Capability
from routergate.route.decide import World, decide
from routergate.route.filters import Conditions
from routergate.route.named import policy_of
from routergate.route.order import LISTED
from support.builders import DAY, a_card, a_catalogue, a_policy, a_rate_card, some_features

CHEAP = a_card("cheap", quality=0.7, prices=(a_rate_card("1", "1"),))
GOOD = a_card("good", quality=0.9, prices=(a_rate_card("5", "5"),))
SPARE, LAST = a_card("spare", quality=0.95), a_card("last", quality=0.5)
EVERY = (CHEAP, GOOD, SPARE, LAST)


def of(catalogue: Catalogue, *names: str, route: bool = True, **policy: Any) -> tuple[str, ...]:
    """The caller's fallbacks, as far as they are not candidates anyway."""
    found = policy_of(catalogue, names[0], Wishes(fallbacks=names[1:], route=route))
    return tuple(fallback.model for fallback in found.fallbacks)


def two_routes(**second: Any) -> Catalogue:
    """`auto` over `cheap` and `good`, `backup` over `spare` and `last`."""
    catalogue = replace(a_catalogue(*EVERY), models={card.id: card for card in EVERY})
    backup = replace(a_policy("spare", "last", **second), id="backup")
    return replace(catalogue, routes={"auto": a_policy("cheap", "good", quality=0.8), "backup": backup})


def decided(
    *names: str,
    catalogue: Catalogue | None = None,
    conditions: Conditions | None = None,
    route: bool = True,
    **features: Any,
) -> Decision:
    """Of a request that names these, the first in `model`."""
    known, wishes = catalogue or two_routes(), Wishes(fallbacks=names[1:], route=route)
    policy, told = policy_of(known, names[0], wishes), conditions or Conditions()
    world = World(
        catalogue=known,
        quality=lambda _, cards: [Estimate(mean=card.quality["default"], stderr=0.05) for card in cards],
        output_tokens=lambda *_: 300,
        on=DAY,
    )
    told = replace(told, route=policy.id)
    return decide("decision-1", policy, some_features(**features), wishes, told, world)


def models(decision: Decision) -> list[str]:
    return [candidate.card.id for candidate in decision.candidates]


def test_a_model_can_be_named_in_place_of_a_route() -> None:
    policy = policy_of(a_catalogue(CHEAP), "cheap", Wishes())
    assert (policy.id, policy.candidates, policy.baseline) == (DIRECT, ("cheap",), None)


def test_a_route_that_has_a_models_name_can_be_switched_off() -> None:
    catalogue = a_catalogue(a_card("auto"))
    assert policy_of(catalogue, "auto", Wishes()).id == "auto"
    assert policy_of(catalogue, "auto", Wishes(route=False)).id == DIRECT


def test_a_name_that_nobody_has_is_unknown() -> None:
    with pytest.raises(UnknownModel, match="'nobody' does not exist") as unknown:
        policy_of(a_catalogue(CHEAP), "nobody", Wishes())
    assert unknown.value.param == "model"


def test_a_route_is_told_as_such_where_routing_is_off() -> None:
    with pytest.raises(UnknownModel, match="'auto' is a route, and x-routergate-route is off"):
        policy_of(a_catalogue(CHEAP), "auto", Wishes(route=False))


def test_a_fallback_that_nobody_has_is_unknown() -> None:
    with pytest.raises(UnknownModel, match="'nobody' does not exist") as unknown:
        of(a_catalogue(CHEAP), "auto", "cheap", "nobody")
    assert unknown.value.param == "models"


def test_fallbacks_come_after_the_model_that_is_named_in_the_callers_order() -> None:
    assert models(decided("last", "cheap", "good")) == ["last", "cheap", "good"]
    assert models(decided("last", "good", "cheap")) == ["last", "good", "cheap"]
    assert models(decided("last", "good", "cheap", route=False)) == ["last", "good", "cheap"]


def test_fallbacks_come_after_what_a_route_has_decided() -> None:
    assert models(decided("auto", "last", "spare")) == ["good", "cheap", "last", "spare"]


def test_a_route_among_the_fallbacks_stands_for_its_candidates() -> None:
    assert of(two_routes(), "auto", "backup") == ("spare", "last")
    assert of(two_routes(), "cheap", "auto", "last") == ("good", "last")


def test_a_model_is_asked_once_however_often_it_is_listed() -> None:
    assert of(two_routes(), "auto", "last", "cheap", "backup") == ("last", "spare")


def test_a_fallback_answers_where_the_route_cannot() -> None:
    seeing = replace(two_routes(), models={c.id: c for c in (CHEAP, GOOD, LAST)})
    eyes = replace(SPARE, capabilities=frozenset({Capability.VISION}))
    seeing = replace(seeing, models={**seeing.models, SPARE.id: eyes})
    needs = frozenset({Capability.VISION})
    decision = decided("auto", "spare", "last", catalogue=seeing, needs=needs)
    assert (models(decision), decision.rule) == (["spare"], LISTED)
    assert [rejected.model for rejected in decision.rejected] == ["cheap", "good", "last"]
    with pytest.raises(NoEligibleModel, match="last lacks vision"):
        decided("auto", "last", catalogue=seeing, needs=needs)


def test_a_key_may_use_a_fallback_by_its_name_or_by_that_of_its_route() -> None:
    by_model = Conditions(allow=frozenset({"auto", "last"}))
    by_route = Conditions(allow=frozenset({"auto", "backup"}))
    assert models(decided("auto", "backup", conditions=by_model)) == ["good", "cheap", "last"]
    assert models(decided("auto", "backup", conditions=by_route)) == ["good", "cheap", "spare", "last"]
    assert models(decided("auto", "spare", conditions=by_route)) == ["good", "cheap"]


def test_a_fallback_keeps_to_the_region_of_each_route_in_play() -> None:
    here = replace(LAST, region="eu")
    catalogue = two_routes(residency="eu")
    catalogue = replace(catalogue, models={**catalogue.models, here.id: here})
    decision = decided("auto", "backup", catalogue=catalogue)
    assert models(decision) == ["good", "cheap", "last"]
    assert [one.reason for one in decision.rejected] == ["is not in region eu"]
    assert models(decided("auto", "spare", catalogue=catalogue)) == ["good", "cheap", "spare"]
    with pytest.raises(NoEligibleModel, match="good is not in region us"):
        decided("auto", "backup", catalogue=catalogue, conditions=Conditions(residency="us"))
