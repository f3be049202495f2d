from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.asset import Loaded
from routergate.domain.model import Capability, ModelCard, RateCard
from routergate.domain.money import Nanos
from routergate.domain.rates import ContextTier, Tariff
from routergate.domain.request import ChatRequest, Features
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.spend.need import LIKELY, Need, likely, plus, shorter, worst
from support.builders import DAY, a_candidate, a_card, a_rate_card, a_request, some_features

rates = st.decimals(0, 100, places=3)
maybe = st.none() | rates
audio = frozenset({Capability.AUDIO})


@st.composite
def tiers(draw: st.DrawFn) -> tuple[ContextTier, ...]:
    limits = sorted(draw(st.sets(st.integers(1, 3_000), max_size=2)))
    return tuple(
        ContextTier(input=draw(rates), output=draw(rates), cache_write=draw(maybe), above_input_tokens=limit)
        for limit in limits
    )


@st.composite
def cards(draw: st.DrawFn) -> ModelCard:
    """Any prices, longer input that is cheaper among them."""
    named = draw(st.sets(st.sampled_from(["flex", "priority"])))
    card = RateCard(
        start=date(2020, 1, 1),
        input=draw(rates),
        output=draw(rates),
        cache_read=draw(maybe),
        cache_write=draw(maybe),
        cache_write_1h=draw(maybe),
        reasoning=draw(maybe),
        context_tiers=draw(tiers()),
        per_request=draw(rates),
        minimum=draw(rates),
        discount=draw(st.decimals(0, 1, places=2)),
        service_tiers={
            name: Tariff(input=draw(rates), output=draw(rates), context_tiers=draw(tiers())) for name in named
        },
    )
    limit = draw(st.none() | st.integers(1, 2_000))
    return a_card(prices=(card,), context_tokens=4_000, max_output_tokens=limit)


@st.composite
def parts(draw: st.DrawFn, most: int, number: int) -> list[int]:
    """So many counts that come to no more than `most`."""
    cuts = sorted(draw(st.integers(0, most)) for _ in range(number))
    return [after - before for before, after in zip([0, *cuts], cuts, strict=False)]


@given(st.data(), cards(), st.text(max_size=2_000), st.integers(1, 3), st.none() | st.integers(1, 3_000))
def test_nothing_within_the_bounds_costs_more_than_the_worst_case(
    data: st.DataObject, card: ModelCard, text: str, choices: int, asked: int | None
) -> None:
    request = a_request(text)
    tier = data.draw(st.sampled_from([None, "auto", "flex", "priority"]))
    features = some_features(max_output_tokens=asked, choices=choices, service_tier=tier)
    need = worst(card, request, features, DAY, None)
    read = data.draw(parts(need.usage.input_total, 4))
    written = data.draw(parts(need.usage.output_total, 2))
    usage = Usage(
        input_uncached=read[0],
        cache_read=read[1],
        cache_write=read[2],
        cache_write_1h=read[3],
        output=written[0],
        reasoning=written[1],
    )
    told = data.draw(st.sampled_from([None, "default", *card.prices[0].service_tiers]))

    actual = price(card, usage, DAY, told=told, asked=tier)

    assert need.cost is not None
    assert actual is not None
    assert actual <= need.cost


@given(cards(), st.integers(1, 3), st.integers(0, 2_000_000))
def test_a_shorter_answer_is_as_long_as_fits(card: ModelCard, choices: int, thousands: int) -> None:
    request, features = a_request(), some_features(choices=choices)
    fits = within(thousands * 1_000)

    found = shorter(card, request, features, DAY, fits)

    length = found.output_limit if found else 0
    longest = worst(card, request, features, DAY, None).output_limit
    assert length is not None
    assert found is None or fits(found)
    assert length == longest or not fits(worst(card, request, features, DAY, length + 1))


def within(amount: int) -> Callable[[Need], bool]:
    return lambda need: need.cost is not None and need.cost <= amount


def test_the_longest_answer_is_what_the_request_the_model_and_its_context_allow() -> None:
    card = a_card(context_tokens=8_000, max_output_tokens=4_000)
    plain, limited = some_features(), some_features(max_output_tokens=100, choices=2)
    assert worst(card, a_request(), plain, DAY, None).output_limit == 4_000
    assert worst(replace(card, max_output_tokens=None), a_request(), plain, DAY, None).output_limit == 8_000
    need = worst(card, a_request(), limited, DAY, None)
    assert (need.output_limit, need.usage.output) == (100, 200)
    assert worst(card, a_request(), limited, DAY, 30).output_limit == 30


@pytest.mark.parametrize(
    ("request_", "tokens"),
    [
        (a_request(size=20), 20),
        (a_request(size=20, attachment_tokens=10), 30),
        (a_request(size=9_000), 8_000),
        (a_request(size=20, hidden=True), 8_000),
    ],
    ids=[
        "what was sent",
        "what is not text",
        "no more than there is room for",
        "what the body does not show",
    ],
)
def test_the_most_input_is_bounded_by_what_was_sent_and_by_the_models_room(
    request_: ChatRequest, tokens: int
) -> None:
    assert worst(a_card(), request_, some_features(), DAY, None).usage.input_total == tokens


def test_an_answer_that_is_paid_by_the_second_may_take_as_long_as_it_has() -> None:
    timed = a_card(prices=(a_rate_card("0", "0", per_second=Decimal("0.001")),))
    assert worst(timed, a_request(), some_features(), DAY, None, 600.0).cost == 600_000_000
    assert worst(timed, a_request(), some_features(), DAY, None).cost is None


def test_sound_counts_only_where_there_is_some() -> None:
    dear = a_card(prices=(a_rate_card("1", "1", audio_input=Decimal(100), audio_output=Decimal(200)),))
    silent = worst(dear, a_request(), some_features(), DAY, 10).cost
    loud = worst(dear, a_request(), some_features(needs=audio), DAY, 10).cost
    assert (silent, loud) == (22_000 + 10_000, 2_200_000 + 2_000_000)


@pytest.mark.parametrize(
    ("card", "features"),
    [(a_card(prices=()), some_features()), (a_card(), some_features(needs=audio))],
    ids=["no rates", "no rate for sound"],
)
def test_an_unknown_price_is_not_zero(card: ModelCard, features: Features) -> None:
    assert worst(card, a_request(), features, DAY, None).cost is None
    assert shorter(card, a_request(), features, DAY, within(10**12)) is None


def test_twice_the_usual_length_is_likely_within_the_limits() -> None:
    candidate = a_candidate(output_tokens=50)

    def output(features: Features, **more: int) -> int:
        return likely(candidate, features, DAY, **more).usage.output

    assert output(some_features()) == LIKELY * 50
    assert output(some_features(max_output_tokens=70, choices=3)) == 3 * 70
    assert output(some_features(), output=1_000) == 1_000
    need = likely(candidate, some_features(), DAY)
    assert (need.output_limit, need.cost) == (None, 15_000 + 60_000)


@pytest.mark.parametrize(("kept", "cost"), [(5, 12), (None, None)])
def test_beside_an_unknown_cost_the_whole_is_unknown(kept: int | None, cost: int | None) -> None:
    need = Need(usage=Usage(output=1), cost=Nanos(7), output_limit=9)
    other = Need(usage=Usage(input_uncached=2), cost=None if kept is None else Nanos(kept), output_limit=1)
    whole = plus(need, other)
    assert whole == Need(
        usage=Usage(input_uncached=2, output=1), cost=None if cost is None else Nanos(cost), output_limit=9
    )
    assert plus(need, None) is need


def test_shares_of_fixed_costs_add_up_where_both_are_known() -> None:
    need = Need(usage=Usage(), cost=Nanos(7), share=Loaded(hosting=Nanos(2)))
    assert plus(need, need).loaded == 18
    unknown = replace(need, share=None)
    assert (plus(need, unknown).share, plus(unknown, need).share) == (None, None)
