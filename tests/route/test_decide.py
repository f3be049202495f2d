import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.answer import Cascade, Flaw
from routergate.domain.asset import FREE, Loaded
from routergate.domain.capacity import Crowd
from routergate.domain.decision import Decision, Estimate
from routergate.domain.errors import (
    ClientError,
    ContextTooLong,
    Forbidden,
    InvalidRequest,
    NoEligibleModel,
)
from routergate.domain.format import Format
from routergate.domain.identity import Wishes
from routergate.domain.model import Capability, ModelCard, ModelClass, ModelId, ProviderId, TaskId
from routergate.domain.money import Nanos
from routergate.domain.request import Features
from routergate.route.decide import World, decide
from routergate.route.explain import explain
from routergate.route.filters import Conditions
from routergate.route.named import policy_of
from routergate.route.order import AS_WRITTEN
from support.builders import DAY, a_card, a_catalogue, a_rate_card, a_reading, some_features

NOBODY = frozenset[ModelId]()


def priced(name: str, rate: str | None, quality: float = 0.9, **changes: Any) -> ModelCard:
    prices = () if rate is None else (a_rate_card(rate, rate),)
    return a_card(name, prices=prices, quality=quality, **changes)


CHEAP, MIDDLE, DEAR = priced("cheap", "1", 0.7), priced("middle", "5", 0.9), priced("dear", "10", 0.95)


def decided(
    *cards: ModelCard,
    features: Features | None = None,
    wishes: Wishes | None = None,
    usual: int = 300,
    conditions: dict[str, Any] | None = None,
    shares: Mapping[str, Loaded | None] | None = None,
    paces: dict[str, float] | None = None,
    warm: dict[str, int] | None = None,
    crowds: Mapping[ProviderId, Crowd] | None = None,
    **policy: Any,
) -> Decision:
    """A decision over `cards`, whose quality is what they declare."""
    catalogue = a_catalogue(*cards, **policy)
    world = World(
        catalogue=catalogue,
        quality=lambda _, asked: [Estimate(mean=card.quality["default"], stderr=0.05) for card in asked],
        output_tokens=lambda *_: usual,
        on=DAY,
        share=lambda card: (shares or {}).get(card.id, FREE),
        first_token=dict[str, float](paces or {}).get,
        warm=lambda model: (warm or {}).get(model, 0),
        crowds=crowds or {},
    )
    wishes, features = wishes or Wishes(), features or some_features()
    told = Conditions(route="auto", **(conditions or {}))
    return decide("decision-1", policy_of(catalogue, "auto", wishes), features, wishes, told, world)


def moved(features: Features, card: ModelCard) -> Mapping[str, float]:
    return {"task": 0.0412, "wording and form": -0.5}


def order(decision: Decision) -> list[str]:
    return [candidate.card.id for candidate in decision.candidates]


def rejected(decision: Decision) -> dict[str, str]:
    return {rejection.model: rejection.reason for rejection in decision.rejected}


@pytest.mark.parametrize(
    ("quality", "expected"),
    [
        (0.0, ["cheap", "dear", "middle"]),
        (0.7, ["cheap", "dear", "middle"]),
        (0.8, ["middle", "dear", "cheap"]),
        (0.95, ["dear", "middle", "cheap"]),
        (0.99, ["dear", "middle", "cheap"]),
    ],
)
def test_the_cheapest_adequate_model_comes_first_then_the_best(quality: float, expected: list[str]) -> None:
    assert order(decided(DEAR, CHEAP, MIDDLE, quality=quality)) == expected


def test_the_rule_says_whether_the_promise_is_kept() -> None:
    assert decided(CHEAP, quality=0.7).rule.startswith("the cheapest model that is expected to reach 0.7")
    assert decided(CHEAP, quality=0.8).rule == "no model is expected to reach 0.8: the best one first"


def test_of_two_equally_good_models_the_cheaper_one_comes_first() -> None:
    twins = priced("a", "5"), priced("b", "2"), priced("c", "9")
    assert order(decided(*twins, quality=0.95)) == ["b", "a", "c"]


def test_an_unknown_price_never_wins_as_cheap_and_comes_last() -> None:
    unknown = priced("unknown", None, 0.99)
    assert order(decided(unknown, CHEAP, MIDDLE, quality=0.6)) == ["cheap", "middle", "unknown"]
    assert order(decided(unknown, CHEAP, MIDDLE, quality=1.0)) == ["middle", "cheap", "unknown"]


def test_an_unknown_price_wins_if_nobody_else_keeps_the_promise() -> None:
    assert order(decided(CHEAP, priced("unknown", None, 0.99), quality=0.9)) == ["unknown", "cheap"]


def test_a_free_model_is_cheap() -> None:
    assert order(decided(CHEAP, priced("free", "0", 0.7), quality=0.7))[0] == "free"


def test_the_callers_threshold_takes_the_place_of_the_routes() -> None:
    decision = decided(CHEAP, DEAR, quality=0.7, wishes=Wishes(quality=0.95))
    assert (decision.threshold, decision.chosen.card.id) == (0.95, "dear")


@pytest.mark.parametrize(
    ("changes", "features", "conditions", "reason"),
    [
        ({}, {"needs": frozenset({Capability.VISION, Capability.AUDIO})}, {}, "lacks audio, vision"),
        ({"serves": frozenset({TaskId("law")})}, {}, {}, "serves only law"),
        ({"context_tokens": 99}, {}, {}, "has room for 99 tokens, 100 are needed"),
        ({"context_tokens": 149}, {"max_output_tokens": 50}, {}, "has room for 149 tokens, 150 are needed"),
        ({"region": "us"}, {}, {"residency": "eu"}, "is not in region eu"),
        ({"region": None}, {}, {"residency": "eu"}, "is not in region eu"),
        ({}, {}, {"allow": frozenset({"other"})}, "is not among the models of this key"),
        (
            {"model_class": ModelClass.FRONTIER},
            {},
            {"classes": frozenset({ModelClass.ECONOMY})},
            "is frontier, which is not among the classes of this key",
        ),
        (
            {"region": "us"},
            {},
            {"regions": frozenset({"eu"})},
            "is in us, which is not among the regions of this key",
        ),
        (
            {"region": None},
            {},
            {"regions": frozenset({"eu"})},
            "is in no known region, which is not among the regions of this key",
        ),
        (
            {},
            {},
            {"down": frozenset({ModelId("odd")})},
            "provider odd-provider is failing, or wants to be left alone",
        ),
    ],
)
def test_a_model_that_cannot_serve_is_rejected_with_the_reason(
    changes: dict[str, Any], features: dict[str, Any], conditions: dict[str, Any], reason: str
) -> None:
    able = frozenset(Capability)
    other = priced("other", "1", capabilities=able, region="eu")
    decision = decided(
        priced("odd", "1", **changes), other, features=some_features(**features), conditions=conditions
    )
    assert order(decision) == ["other"]
    assert rejected(decision) == {"odd": reason}


def test_a_specialist_takes_its_own_task() -> None:
    law = some_features(reading=a_reading(task=TaskId("law")))
    assert order(decided(priced("lawyer", "1", serves=frozenset({TaskId("law")})), features=law))


def test_a_key_that_may_use_the_route_may_use_its_models() -> None:
    assert order(decided(CHEAP, conditions={"allow": frozenset({"auto"})})) == ["cheap"]


def test_when_all_providers_fail_they_are_tried_all_the_same() -> None:
    down = frozenset({CHEAP.id, DEAR.id})
    decision = decided(CHEAP, DEAR, quality=0.7, conditions={"down": down})
    assert (order(decision), decision.rejected) == (["cheap", "dear"], ())


def test_a_cost_limit_keeps_out_what_is_dearer_or_unknown() -> None:
    unknown = priced("unknown", None)
    # 100 tokens in and 300 out at 5 USD per million: 0.002 USD.
    decision = decided(CHEAP, MIDDLE, DEAR, unknown, wishes=Wishes(max_cost=2_000_000))
    assert set(order(decision)) == {"cheap", "middle"}
    assert rejected(decision) == {
        "dear": "is expected to cost more than allowed",
        "unknown": "has no known price",
    }


@pytest.mark.parametrize(
    ("route", "wish"), [(2_000_000, None), (2_000_000, 9_000_000), (9_000_000, 2_000_000)]
)
def test_the_lower_of_the_routes_and_the_callers_cost_limit_counts(route: int, wish: int | None) -> None:
    decision = decided(CHEAP, MIDDLE, DEAR, max_cost=route, wishes=Wishes(max_cost=wish))
    assert rejected(decision) == {"dear": "is expected to cost more than allowed"}


def test_a_model_that_usually_begins_too_late_is_rejected_and_an_unknown_one_passes() -> None:
    decision = decided(CHEAP, MIDDLE, DEAR, first_token=1.5, paces={"cheap": 2.25, "dear": 1.5})
    assert order(decision) == ["middle", "dear"]
    assert rejected(decision) == {"cheap": "usually begins after 2.2 s, 1.5 s are allowed"}


def test_without_a_limit_any_pace_passes() -> None:
    assert order(decided(CHEAP, paces={"cheap": 99.0})) == ["cheap"]


def test_when_all_are_slow_or_failing_they_are_tried_all_the_same() -> None:
    down = {"down": frozenset({DEAR.id})}
    decision = decided(CHEAP, DEAR, quality=0.7, first_token=1.0, paces={"cheap": 2.0}, conditions=down)
    assert (order(decision), decision.rejected) == (["cheap", "dear"], ())


CACHING = a_rate_card("5", "1", cache_read=Decimal("0.5"))


def test_a_model_that_has_the_conversation_cached_is_kept_if_switching_does_not_pay() -> None:
    long = some_features(input_tokens=5_000)
    stays = replace(MIDDLE, prices=(CACHING,))
    assert decided(CHEAP, stays, features=long).chosen.card.id == "cheap"
    kept = decided(CHEAP, stays, features=long, warm={"middle": 4_800})
    # 4 800 tokens at 0.5, 200 at 5 and 300 at 1 USD per million, beside 5 300 at 1.
    assert (kept.chosen.card.id, kept.chosen.cost, kept.chosen.cached_tokens) == ("middle", 3_700_000, 4_800)
    assert kept.rule == (
        "the cheapest model that is expected to reach 0, "
        "counting 4800 tokens of this session that it has cached, then by quality"
    )


def test_a_model_that_is_not_good_enough_is_left_however_warm_it_is() -> None:
    assert decided(CHEAP, DEAR, quality=0.9, warm={"cheap": 100}).chosen.card.id == "dear"


def test_a_cache_without_a_rate_of_its_own_saves_nothing() -> None:
    assert decided(CHEAP, warm={"cheap": 50}).chosen.cost == decided(CHEAP).chosen.cost


def test_no_more_is_cached_than_is_sent() -> None:
    assert decided(CHEAP, warm={"cheap": 10_000}).chosen.cached_tokens == 100


@given(st.integers(0, 6_000), st.integers(0, 6_000), st.sampled_from(["cheap", "middle"]))
def test_warmth_never_makes_a_model_dearer_and_never_loses_it_the_request(
    tokens: int, warm: int, model: str
) -> None:
    cards = [replace(CHEAP, prices=(replace(CACHING, input=Decimal(4)),)), replace(MIDDLE, prices=(CACHING,))]
    features = some_features(input_tokens=tokens)
    without = decided(*cards, features=features)
    with_it = decided(*cards, features=features, warm={model: warm})
    before = {it.card.id: it.cost or 0 for it in without.candidates}
    after = {it.card.id: it.cost or 0 for it in with_it.candidates}
    assert all(after[name] <= before[name] for name in before)
    assert with_it.chosen.card.id in {model, without.chosen.card.id}
    assert with_it.chosen.cost == min(after.values())


def test_a_cost_limit_may_leave_nobody() -> None:
    with pytest.raises(NoEligibleModel, match="dear is expected to cost more than allowed"):
        decided(DEAR, wishes=Wishes(max_cost=1))


@pytest.mark.parametrize(
    ("features", "conditions", "error"),
    [
        ({"input_tokens": 9_000}, {}, ContextTooLong),
        ({}, {"allow": frozenset({"nothing"})}, Forbidden),
        ({}, {"classes": frozenset({ModelClass.SELF_HOSTED})}, Forbidden),
        ({}, {"regions": frozenset({"eu"})}, Forbidden),
        ({"needs": frozenset({Capability.TOOLS})}, {}, NoEligibleModel),
        ({}, {"residency": "eu"}, NoEligibleModel),
    ],
)
def test_the_error_says_best_why_nobody_is_left(
    features: dict[str, Any], conditions: dict[str, Any], error: type[ClientError]
) -> None:
    with pytest.raises(error, match="auto"):
        decided(CHEAP, DEAR, features=some_features(**features), conditions=conditions)


def test_quality_is_relative_to_the_baselines() -> None:
    decision = decided(CHEAP, DEAR, baseline=DEAR.id, quality=0.73)
    by_model = {str(c.card.id): c.quality for c in decision.candidates}
    assert by_model["cheap"].mean == pytest.approx(0.7 / 0.95)
    assert by_model["cheap"].stderr == pytest.approx(0.05 / 0.95)
    assert (by_model["dear"].mean, decision.chosen.card.id, decision.baseline) == (1.0, "cheap", DEAR)


def test_better_than_the_baseline_counts_as_equal() -> None:
    decision = decided(DEAR, CHEAP, baseline=CHEAP.id)
    assert {c.quality.mean for c in decision.candidates} == {1.0}


def test_a_perfect_baseline_changes_nothing() -> None:
    perfect = priced("perfect", "9", 1.0)
    assert decided(CHEAP, perfect, baseline=perfect.id, quality=0.7).chosen.quality.mean == 0.7


def test_next_to_a_baseline_that_never_succeeds_everything_is_good_enough() -> None:
    hopeless = priced("hopeless", "9", 0.0)
    assert decided(CHEAP, hopeless, baseline=hopeless.id, quality=1.0).chosen.card is CHEAP


@pytest.mark.parametrize(
    ("asked", "most", "tokens"), [(None, None, 300), (50, None, 50), (None, 70, 70), (900, 700, 300)]
)
def test_an_answer_is_expected_within_its_limits(asked: int | None, most: int | None, tokens: int) -> None:
    card = priced("limited", "1", max_output_tokens=most)
    assert decided(card, features=some_features(max_output_tokens=asked)).chosen.output_tokens == tokens


def test_each_choice_is_expected_to_cost_as_much() -> None:
    one = decided(CHEAP, features=some_features(input_tokens=0)).chosen.cost
    three = decided(CHEAP, features=some_features(input_tokens=0, choices=3)).chosen.cost
    assert (one, three) == (300_000, 900_000)


cards = st.builds(
    priced,
    st.sampled_from(list("abcdefgh")),
    st.sampled_from([None, "0", "1", "2.5"]),
    st.floats(0, 1),
    capabilities=st.frozensets(st.sampled_from(Capability)),
    context_tokens=st.integers(1, 300),
    region=st.sampled_from([None, "eu", "us"]),
    provider=st.sampled_from([ProviderId("p"), ProviderId("q")]),
    serves=st.sampled_from([frozenset(), frozenset({TaskId("chat")}), frozenset({TaskId("law")})]),
)
situations = st.fixed_dictionaries(
    {
        "residency": st.sampled_from([None, "eu"]),
        "allow": st.none() | st.frozensets(st.sampled_from(["auto", *"abcdefgh"])),
        "down": st.frozensets(st.sampled_from([ModelId("a"), ModelId("b")])),
    }
)


@given(
    st.lists(cards, min_size=1, unique_by=lambda card: card.id),
    situations,
    st.floats(0, 1),
    st.none() | st.integers(0, 1_000_000),
    st.frozensets(st.sampled_from(Capability), max_size=1),
)
def test_each_model_is_a_candidate_or_a_rejection(
    models: list[ModelCard], conditions: dict[str, Any], quality: float, most: int | None, needs: Any
) -> None:
    try:
        decision = decided(
            *models,
            features=some_features(needs=needs),
            wishes=Wishes(max_cost=most),
            conditions=conditions,
            quality=quality,
        )
    except (ContextTooLong, Forbidden, NoEligibleModel):
        return
    named = [*order(decision), *(rejection.model for rejection in decision.rejected)]
    assert sorted(named) == sorted(card.id for card in models)
    assert decision.chosen.adequate or not any(c.adequate for c in decision.candidates)
    assert len(json.loads(json.dumps(explain(decision, moved)))["candidates"]) == len(decision.candidates)


HEAVY = Loaded(hosting=Nanos(3_000_000), depreciation=Nanos(4_000_000), maintenance=Nanos(5_000_000))


CHECKED = Cascade(escalate_when=frozenset({Flaw.REFUSAL}))


def test_the_second_answer_and_fixed_costs_are_both_counted() -> None:
    # 400,000 and three tenths of 4,000,000, against 4,000,000: it depends on the fixed costs.
    light, heavy = (Loaded(hosting=Nanos(nanos)) for nanos in (2_300_000, 2_500_000))
    assert order(decided(CHEAP, DEAR, shares={"cheap": light}, loaded=True, cascade=CHECKED))[0] == "cheap"
    assert order(decided(CHEAP, DEAR, shares={"cheap": heavy}, loaded=True, cascade=CHECKED))[0] == "dear"
    assert order(decided(CHEAP, DEAR, shares={"cheap": heavy}, loaded=True))[0] == "cheap"


def test_the_rule_says_what_was_counted_and_that_the_answer_is_checked() -> None:
    assert decided(CHEAP, DEAR, loaded=True, cascade=CHECKED, warm={"cheap": 10}).rule == (
        "the cheapest model, fixed costs included, that is expected to reach 0, counting 10 tokens of this "
        "session that it has cached, then by quality; its answer is checked before it is given"
    )


@pytest.mark.parametrize("format_", [one for one in Format if one is not Format.CHAT])
def test_only_answers_in_the_chat_format_are_checked(format_: Format) -> None:
    cards = [replace(card, formats=frozenset(Format)) for card in (CHEAP, DEAR)]
    features = some_features(format=format_)
    decision = decided(*cards, features=features, cascade=CHECKED)
    assert (decision.cascade, [one.escalation for one in decision.candidates]) == (None, [None, None])


def test_by_default_fixed_costs_move_no_request() -> None:
    decision = decided(CHEAP, DEAR, shares={"cheap": HEAVY})

    assert order(decision) == ["cheap", "dear"]
    assert [one.loaded for one in decision.candidates] == [12_400_000, 4_000_000]


@pytest.mark.parametrize(
    ("share", "expected"), [(FREE, ["cheap", "dear"]), (HEAVY, ["dear", "cheap"]), (None, ["dear", "cheap"])]
)
def test_a_route_by_loaded_cost_counts_them(share: Loaded | None, expected: list[str]) -> None:
    decision = decided(CHEAP, DEAR, shares={"cheap": share}, loaded=True)

    assert order(decision) == expected
    assert decision.rule == (
        "the cheapest model, fixed costs included, that is expected to reach 0, then by quality"
    )


def test_an_explanation_says_everything() -> None:
    decision = decided(
        CHEAP,
        priced("unknown", None),
        DEAR,
        baseline=DEAR.id,
        quality=0.7,
        conditions={"down": {DEAR.id}},
    )
    told = json.loads(json.dumps(explain(decision, moved)))
    assert told == {
        "id": "decision-1",
        "route": "auto",
        "model": "cheap",
        "rule": "the cheapest model that is expected to reach 0.7, then by quality",
        "threshold": 0.7,
        "baseline": "dear",
        "arm": None,
        "calibration": None,
        "features": {
            "task": "chat",
            "domain": "general",
            "language": "en",
            "complexity": 0.2,
            "level": "simple",
            "trouble": [],
            "needs": [],
            "input_tokens": 100,
            "max_output_tokens": None,
        },
        "candidates": [
            {
                "model": "cheap",
                "provider": "cheap-provider",
                "class": "economy",
                "quality": 0.7368,
                "stderr": 0.0526,
                "lower": 0.7368,
                "adequate": True,
                "cached_tokens": 0,
                "output_tokens": 300,
                "cost_usd": "0.0004",
                "loaded_cost_usd": "0.0004",
                "escalation": None,
                "queue": None,
                "moved": {"wording and form": -0.5, "task": 0.041},
            },
            {
                "model": "unknown",
                "provider": "unknown-provider",
                "class": "economy",
                "quality": 0.9474,
                "stderr": 0.0526,
                "lower": 0.9474,
                "adequate": True,
                "cached_tokens": 0,
                "output_tokens": 300,
                "cost_usd": None,
                "loaded_cost_usd": None,
                "escalation": None,
                "queue": None,
                "moved": {"wording and form": -0.5, "task": 0.041},
            },
        ],
        "rejected": [
            {"model": "dear", "reason": "provider dear-provider is failing, or wants to be left alone"}
        ],
    }
    assert list(told["candidates"][0]["moved"]) == ["wording and form", "task"]


OWN = priced("own", "0", 0.9, model_class=ModelClass.SELF_HOSTED)


def queue_before(card: ModelCard, level: float, seconds: float | None = 3.1) -> dict[ProviderId, Crowd]:
    return {card.provider: Crowd(waiting=12, seconds=seconds, level=level)}


@pytest.mark.parametrize(("level", "first"), [(0.0, "own"), (0.4, "own"), (0.5, "middle"), (1.0, "middle")])
def test_the_more_a_model_is_crowded_the_more_conversations_go_to_the_next_adequate_one(
    level: float, first: str
) -> None:
    # A request of no conversation stands in the middle of all.
    decision = decided(OWN, MIDDLE, DEAR, CHEAP, quality=0.9, crowds=queue_before(OWN, level))
    assert decision.chosen.card.id == first
    assert {one.card.id for one in decision.candidates} == {"own", "middle", "dear", "cheap"}


def test_the_decision_says_that_it_has_left_a_crowded_model() -> None:
    decision = decided(OWN, MIDDLE, quality=0.9, crowds=queue_before(OWN, 1.0))
    assert decision.rule == (
        "the cheapest model that is expected to reach 0.9, now that own is full (12 waiting, about 3.1 s), "
        "then by quality"
    )
    [own] = [one for one in explain(decision, moved)["candidates"] if one["model"] == "own"]
    assert own["queue"] == {
        "waiting": 12,
        "wait_seconds": 3.1,
        "model": "middle",
        "pressure": 1.0,
        "shadow_price_usd": "0.002",
    }
    assert own["cost_usd"] == "0.0"


def test_a_queue_of_unknown_length_is_called_so() -> None:
    decision = decided(OWN, MIDDLE, quality=0.9, crowds=queue_before(OWN, 1.0, None))
    assert "(12 waiting, nobody knows how long)" in decision.rule


def test_where_a_model_saves_less_its_queue_drives_requests_away_earlier() -> None:
    half = priced("half", "2.5", 0.9)
    shadows = {
        card.id: decided(card, MIDDLE, quality=0.9, crowds=queue_before(card, 0.3)).chosen.card.id
        for card in (OWN, half)
    }
    assert shadows == {"own": "own", "half": "middle"}


@pytest.mark.parametrize(
    ("others", "crowds"),
    [
        ((CHEAP,), {}),
        ((priced("unknown", None),), {}),
        ((MIDDLE,), queue_before(MIDDLE, 1.0)),
    ],
    ids=["not good enough", "of no known price", "crowded too"],
)
def test_where_nobody_else_can_take_it_a_request_waits(
    others: tuple[ModelCard, ...], crowds: dict[ProviderId, Crowd]
) -> None:
    decision = decided(OWN, *others, quality=0.9, crowds={**queue_before(OWN, 1.0), **crowds})
    assert decision.chosen.card.id == "own"
    assert (decision.chosen.shadow, "is full" in decision.rule) == (None, False)


def test_a_queue_does_not_change_what_a_request_may_cost() -> None:
    decision = decided(OWN, MIDDLE, quality=0.9, crowds=queue_before(OWN, 0.4), max_cost=1_000)
    assert (order(decision), rejected(decision)) == (
        ["own"],
        {"middle": "is expected to cost more than allowed"},
    )


def test_of_models_that_cost_nobody_knows_what_none_is_called_full() -> None:
    unknown = priced("unknown", None)
    assert "full" not in decided(unknown, quality=0.9, crowds=queue_before(unknown, 1.0)).rule


def test_by_loaded_cost_the_next_model_is_the_next_by_loaded_cost() -> None:
    heavy = Loaded(hosting=Nanos(50_000_000))
    decision = decided(
        OWN, MIDDLE, DEAR, quality=0.9, crowds=queue_before(OWN, 1.0), shares={"middle": heavy}, loaded=True
    )
    [own] = [one for one in decision.candidates if one.card is OWN]
    assert own.shadow is not None
    assert (decision.chosen.card.id, own.shadow.model) == ("dear", "dear")


def test_an_explanation_without_a_baseline_says_so() -> None:
    assert explain(decided(CHEAP), moved)["baseline"] is None


VECTORS: dict[str, Any] = {"formats": frozenset({Format.EMBEDDINGS})}
EMBED = some_features(format=Format.EMBEDDINGS, max_output_tokens=0)


def test_a_route_may_have_its_own_order() -> None:
    dear, cheap = priced("dear", "9"), priced("cheaper", "1")
    decision = decided(dear, cheap, as_written=True)
    assert (order(decision), decision.rule) == (["dear", "cheaper"], AS_WRITTEN)
    assert order(decided(dear, cheap)) == ["cheaper", "dear"]


def test_who_makes_vectors_is_asked_in_the_order_of_the_route() -> None:
    dear, cheap = priced("dear", "9", 0.1, **VECTORS), priced("cheap-vectors", "1", 0.9, **VECTORS)
    decision = decided(dear, CHEAP, cheap, features=EMBED, quality=0.5)
    assert order(decision) == ["dear", "cheap-vectors"]
    assert rejected(decision) == {"cheap": "cannot be asked for embeddings"}


def test_texts_that_are_embedded_have_room_one_by_one() -> None:
    small = priced("small", "1", context_tokens=10, **VECTORS)
    assert order(decided(small, features=EMBED)) == ["small"]


def test_a_format_that_no_model_of_the_route_has_is_an_error_that_names_who_does() -> None:
    with pytest.raises(InvalidRequest, match=r"'auto' has no model .* This gateway has no other"):
        decided(CHEAP, features=EMBED)
    other = priced("vectors", "1", **VECTORS)
    catalogue = a_catalogue(CHEAP, other)
    world = World(catalogue=catalogue, quality=lambda *_: [], output_tokens=lambda *_: 0, on=DAY)
    policy = policy_of(catalogue, "cheap", Wishes())
    with pytest.raises(InvalidRequest, match=r"'cheap' has no model .* Use vectors"):
        decide("d", policy, EMBED, Wishes(), Conditions(), world)
