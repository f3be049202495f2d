from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.model import RateCard
from routergate.domain.money import nanos
from routergate.domain.rates import RATES, ContextTier, Tariff
from routergate.domain.usage import KINDS, Usage
from routergate.economics.price import cost, monthly, price, together
from support.builders import DAY, a_card, a_rate_card

rates = st.decimals(0, 1_000, places=4)
usages = st.builds(Usage, **{kind: st.integers(0, 10_000_000) for kind in KINDS})
full_cards = st.builds(
    RateCard,
    start=st.just(date(2024, 1, 1)),
    **dict.fromkeys(RATES, rates),
)


def plus(one: Usage, other: Usage) -> Usage:
    return Usage(**{kind: getattr(one, kind) + getattr(other, kind) for kind in KINDS})


@pytest.mark.parametrize(
    ("rate_in", "rate_out", "dollars"),
    [
        ("0.10", "0.40", 510),
        ("0.15", "0.60", 765),
        ("0.80", "4.00", 4_800),
        ("2.50", "10.00", 12_750),
        ("3.00", "15.00", 18_000),
        ("15.00", "75.00", 90_000),
    ],
)
def test_a_month_of_a_hundred_thousand_requests_a_day_costs(
    rate_in: str, rate_out: str, dollars: int
) -> None:
    usage = Usage(input_uncached=500, output=300)
    assert monthly(100_000, usage, a_rate_card(rate_in, rate_out)) == dollars


def test_a_long_system_prompt_costs_five_hundred_dollars_a_day() -> None:
    month = monthly(100_000, Usage(input_uncached=2_000), a_rate_card("2.50", "10"))
    assert month == 30 * 500


def test_a_month_at_unknown_rates_has_no_price() -> None:
    assert monthly(1, Usage(audio_input=1), a_rate_card()) is None


@pytest.mark.parametrize(
    ("usage", "card", "nanos"),
    [
        (Usage(input_uncached=1_000), a_rate_card("2", "8"), 2_000_000),
        (Usage(cache_read=1_000), a_rate_card("2", "8"), 2_000_000),
        (Usage(cache_read=1_000), a_rate_card("2", "8", cache_read=Decimal("0.5")), 500_000),
        (Usage(cache_read=1_000), a_rate_card("2", "8", cache_read=Decimal(0)), 0),
        (Usage(cache_write=1_000), a_rate_card("2", "8"), 2_000_000),
        (Usage(cache_write=1_000), a_rate_card("2", "8", cache_write=Decimal("2.5")), 2_500_000),
        (Usage(cache_write_1h=1_000), a_rate_card("2", "8"), 2_000_000),
        (Usage(cache_write_1h=1_000), a_rate_card("2", "8", cache_write=Decimal(3)), 3_000_000),
        (Usage(cache_write_1h=1_000), a_rate_card("2", "8", cache_write_1h=Decimal(4)), 4_000_000),
        (Usage(output=1_000), a_rate_card("2", "8"), 8_000_000),
        (Usage(reasoning=1_000), a_rate_card("2", "8"), 8_000_000),
        (Usage(reasoning=1_000), a_rate_card("2", "8", reasoning=Decimal(4)), 4_000_000),
        (Usage(audio_input=1_000), a_rate_card("2", "8", audio_input=Decimal(40)), 40_000_000),
        (Usage(audio_output=1_000), a_rate_card("2", "8", audio_output=Decimal(80)), 80_000_000),
        (Usage(), a_rate_card("2", "8", per_request=Decimal("0.01")), 10_000_000),
        (Usage(), a_rate_card("2", "8"), 0),
    ],
)
def test_each_bucket_has_its_rate_or_its_parents(usage: Usage, card: RateCard, nanos: int) -> None:
    assert cost(usage, card) == nanos


@pytest.mark.parametrize("usage", [Usage(audio_input=1), Usage(audio_output=1)])
def test_audio_without_a_rate_has_no_price(usage: Usage) -> None:
    assert cost(usage, a_rate_card()) is None


@pytest.mark.parametrize(("tokens", "nanos"), [(1, 0), (2, 1), (3, 2), (5, 2), (7, 4), (9, 4)])
def test_half_a_nano_dollar_goes_to_the_even_one(tokens: int, nanos: int) -> None:
    assert cost(Usage(input_uncached=tokens), a_rate_card("0.0005", "0")) == nanos


@given(usages, usages, full_cards)
def test_price_is_additive_over_usage(one: Usage, other: Usage, card: RateCard) -> None:
    parts, whole = (cost(one, card), cost(other, card)), cost(plus(one, other), card)
    assert None not in (*parts, whole)
    assert abs(sum(part or 0 for part in parts) - (whole or 0)) <= 1


@given(usages, st.sampled_from(KINDS), st.integers(0, 1_000_000), full_cards)
def test_more_tokens_never_cost_less(usage: Usage, kind: str, more: int, card: RateCard) -> None:
    longer = replace(usage, **{kind: getattr(usage, kind) + more})
    assert (cost(longer, card) or 0) >= (cost(usage, card) or 0)


def test_unknown_tokens_or_rates_have_no_price() -> None:
    assert price(a_card(), None, DAY) is None
    assert price(a_card(prices=()), Usage(), DAY) is None


def test_a_price_change_counts_from_its_day_on() -> None:
    later = a_rate_card("1", "1", start=DAY)
    card = a_card(prices=(a_rate_card("2", "2"), later))
    usage = Usage(input_uncached=1_000_000)
    assert price(card, usage, DAY) == 1_000_000_000
    assert price(card, usage, date(2026, 1, 14)) == 2_000_000_000


LONG = ContextTier(above_input_tokens=1_000, input=Decimal(4), output=Decimal(12), cache_read=Decimal(1))


@pytest.mark.parametrize(
    ("usage", "nanos"),
    [
        (Usage(input_uncached=999, output=1), 999 * 2_000 + 8_000),
        (Usage(input_uncached=1_000, output=1), 1_000 * 2_000 + 8_000),
        (Usage(input_uncached=1_001, output=1), 1_001 * 4_000 + 12_000),
        (Usage(input_uncached=1, cache_read=999, cache_write_1h=1), 2 * 4_000 + 999 * 1_000),
        (Usage(input_uncached=1, output=5_000), 2_000 + 5_000 * 8_000),
    ],
)
def test_a_long_input_puts_the_whole_request_into_the_tier(usage: Usage, nanos: int) -> None:
    assert cost(usage, a_rate_card("2", "8", context_tiers=(LONG,))) == nanos


FAST = a_rate_card("2", "8", service_tiers={"priority": Tariff(input=Decimal(5), output=Decimal(20))})


@pytest.mark.parametrize(
    ("told", "asked", "nanos"),
    [
        (None, None, 2_000),
        ("priority", None, 5_000),
        (None, "priority", 5_000),
        ("default", "priority", 2_000),
        ("standard", "priority", 2_000),
        ("priority", "default", 5_000),
        ("flex", None, None),
        (None, "no-such-tier", 2_000),
    ],
)
def test_the_service_tier_of_the_answer_decides(
    told: str | None, asked: str | None, nanos: int | None
) -> None:
    assert cost(Usage(input_uncached=1), FAST, told=told, asked=asked) == nanos


def test_a_service_tier_has_its_own_rates_for_long_inputs() -> None:
    tariff = Tariff(input=Decimal(5), output=Decimal(20), context_tiers=(LONG,))
    card = a_rate_card("2", "8", service_tiers={"priority": tariff})
    assert cost(Usage(input_uncached=1_001), card, told="priority") == 1_001 * 4_000
    assert cost(Usage(input_uncached=1_001), card) == 1_001 * 2_000


def test_the_discount_is_off_everything_and_the_minimum_is_not() -> None:
    card = a_rate_card("2", "8", per_request=Decimal("0.001"), discount=Decimal("0.25"))
    assert cost(Usage(input_uncached=500), card) == 1_500_000
    least = replace(card, minimum=Decimal("0.002"))
    assert cost(Usage(input_uncached=500), least) == 2_000_000
    assert cost(Usage(input_uncached=500), replace(card, discount=Decimal(1))) == 0


def test_an_unknown_price_is_not_raised_to_the_minimum() -> None:
    assert cost(Usage(audio_input=1), a_rate_card(minimum=Decimal(1))) is None


@given(usages, full_cards, st.decimals(0, 1, places=4))
def test_a_discount_never_makes_dearer(usage: Usage, card: RateCard, discount: Decimal) -> None:
    assert (cost(usage, replace(card, discount=discount)) or 0) <= (cost(usage, card) or 0)


def test_seconds_that_nobody_knows_have_no_price_unless_they_are_expected() -> None:
    timed = a_rate_card("0", "0", per_second=Decimal("0.001"))
    usage = Usage(output=160, reasoning=40)
    assert cost(usage, timed) is None
    assert cost(usage, replace(timed, tokens_per_second=Decimal(100))) == 2_000_000
    assert cost(usage, replace(timed, tokens_per_second=Decimal(100)), seconds=0.5) == 500_000


@given(usages, full_cards, st.decimals(0, 1, places=3))
def test_a_markup_is_on_top_of_everything(usage: Usage, card: RateCard, markup: Decimal) -> None:
    plain, dearer = cost(usage, card), cost(usage, replace(card, markup=markup))
    assert plain is not None
    assert dearer is not None
    assert abs(dearer - plain * (1 + markup)) <= 2


def test_a_tempo_of_nothing_is_no_tempo() -> None:
    with pytest.raises(ValueError, match="must be positive"):
        a_rate_card(tokens_per_second=Decimal(0))


def test_many_requests_together_cost_what_their_tokens_and_fees_cost() -> None:
    fees = a_rate_card("1", "2", per_request=Decimal("0.5"), discount=Decimal("0.1"), markup=Decimal(1))
    usage = Usage(input_uncached=3_000_000, output=1_000_000)
    assert together(usage, 4, fees) == nanos(Decimal("12.6"))


def test_many_requests_have_no_price_where_a_rate_is_unknown() -> None:
    assert together(Usage(audio_input=1), 1, a_rate_card()) is None
    assert together(Usage(output=1), 1, a_rate_card(per_second=Decimal(1))) is None
