from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from routergate.domain.asset import Asset, Hosting, Loaded, Maintenance, Method
from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import Nanos, nanos
from routergate.domain.totals import Measures, Total
from routergate.economics.months import instant
from routergate.reporting.portfolio import Portfolio, portfolio, reported
from routergate.reporting.render import plain_rows
from support.assets import JANUARY, a_hosting, a_training
from support.builders import a_card

SINCE, UNTIL = date(2026, 4, 1), date(2026, 4, 30)
LATER = instant(date(2026, 6, 1))
OWN = a_card(
    "own",
    model_class=ModelClass.SELF_HOSTED,
    asset=Asset(training=a_training(), hosting=a_hosting(), maintenance=Maintenance(monthly=Decimal(12_000))),
)
BOUGHT = a_card("bought")


def a_total(model: str = "own", day: date = SINCE, **changes: Any) -> Total:
    total = Total(
        day=day,
        organisation="acme",
        key="key-1",
        team=None,
        customer=None,
        feature=None,
        route="auto",
        model=model,
        provider="p",
        model_class="economy",
        measures=Measures(requests=10),
    )
    return replace(total, **changes)


def of(*totals: Total, cards: tuple[ModelCard, ...] = (OWN, BOUGHT), now: int = LATER) -> Portfolio:
    return portfolio(totals, {card.id: card for card in cards}, SINCE, UNTIL, now)


def shown(found: Portfolio) -> list[dict[str, Any]]:
    return plain_rows(reported(found, SINCE, UNTIL))


def test_both_bases_stand_side_by_side_with_what_was_idle_apart() -> None:
    """An L40S that was busy for a tenth of April."""
    sums = Measures(requests=1_000, output=2_592_000_000, cost_nanos=5_000)
    own = of(a_total(measures=sums)).holdings[0]

    assert own.fixed == Loaded(
        hosting=nanos(Decimal(1_620)), depreciation=nanos(Decimal(20_000)), maintenance=nanos(Decimal(12_000))
    )
    assert own.use is not None
    assert (own.use.busy, own.use.idle) == (nanos(Decimal(162)), nanos(Decimal(1_458)))
    assert own.allocated == nanos(Decimal(33_620)) + 5_000
    assert own.by_use == nanos(Decimal(32_162)) + 5_000
    assert own.per_request(own.allocated) == Decimal("33.620000005")


def test_hosting_by_busy_seconds_has_no_idle_time() -> None:
    """A tenth of April, by requests of which half were timed."""
    card = replace(OWN, asset=Asset(hosting=a_hosting(measured=True)))
    sums = Measures(requests=2, timed=1, answer_millis=129_600_000)
    [own] = of(a_total(measures=sums), cards=(card,)).holdings

    assert own.fixed == Loaded(hosting=nanos(Decimal(162)))
    assert own.use is not None
    assert (own.use.busy, own.use.idle, float(own.use.utilisation)) == (nanos(Decimal(162)), 0, 0.1)


def test_book_values_are_those_of_the_first_and_the_last_instant() -> None:
    own = of().holdings[0]
    assert (own.book_start, own.book_end) == (nanos(Decimal(340_000)), nanos(Decimal(320_000)))


def test_a_period_that_runs_is_charged_as_far_as_it_has_passed() -> None:
    own = of(now=instant(date(2026, 4, 16))).holdings[0]
    assert own.fixed.maintenance == nanos(Decimal(6_000))


def test_a_period_in_the_future_costs_nothing_yet() -> None:
    assert of(now=instant(JANUARY)).holdings[0].fixed == Loaded()


def test_a_model_that_is_bought_has_no_fixed_costs() -> None:
    [_, bought] = of(a_total("bought", measures=Measures(requests=2, cost_nanos=7))).holdings

    assert (bought.asset, bought.fixed, bought.use) == (False, Loaded(), None)
    assert bought.allocated == bought.by_use == 7
    assert bought.book_start == bought.book_end == 0


def test_without_a_capacity_the_usage_basis_is_unknown() -> None:
    asset = Asset(hosting=Hosting(monthly=Decimal(1)))
    own = of(a_total(), cards=(replace(OWN, asset=asset),)).holdings[0]
    assert (own.use, own.by_use, own.allocated) == (None, None, 10**9)


def test_an_asset_without_hosting_costs_the_same_on_both_bases() -> None:
    asset = Asset(maintenance=Maintenance(monthly=Decimal(1)))
    own = of(a_total(), cards=(replace(OWN, asset=asset),)).holdings[0]
    assert own.by_use == own.allocated == 10**9


def test_one_unknown_price_makes_the_cost_unknown() -> None:
    sums = Measures(requests=3, unpriced=1, cost_nanos=5)
    [own] = of(a_total(measures=sums), cards=(OWN,)).holdings

    assert (own.marginal, own.allocated, own.by_use) == (None, None, None)
    assert own.per_request(own.allocated) is None
    report = reported(Portfolio(holdings=(own,)), SINCE, UNTIL)
    assert report.notes[1] == "1 requests without a known price are not in the sums: own 1."


def test_requests_before_the_period_count_for_what_is_written_off() -> None:
    training = a_training(method=Method.UNITS_OF_PRODUCTION, expected_requests=100, life_months=None)
    card = replace(OWN, asset=Asset(training=training))
    own = of(a_total(day=SINCE - timedelta(days=1)), a_total(), cards=(card,)).holdings[0]

    assert (own.requests, own.served) == (10, 20)
    assert own.fixed.depreciation == nanos(Decimal(40_000))
    assert (own.book_start, own.book_end) == (nanos(Decimal(360_000)), nanos(Decimal(320_000)))


def test_what_the_ledger_has_not_booked_yet_is_shown() -> None:
    borne = Measures(requests=1, hosting_nanos=1, depreciation_nanos=2, maintenance_nanos=3)
    own = shown(of(a_total(measures=borne)))[0]
    assert (own["borne_usd"], own["not_accrued_usd"]) == ("0.000000006", "33619.999999994")


def test_a_model_that_is_not_declared_any_more_is_still_there() -> None:
    found = of(a_total("gone"), a_total("long ago", day=JANUARY))
    gone = {one.model: one for one in found.holdings}["gone"]

    assert "long ago" not in {one.model for one in found.holdings}
    assert (gone.model_class, gone.asset) == ("economy", False)


@pytest.mark.parametrize(("own", "bought", "kept"), [(30, 10, Decimal("0.75")), (0, 0, None)])
def test_the_share_that_own_models_kept_is_said(own: int, bought: int, kept: Decimal | None) -> None:
    found = of(
        a_total("own", measures=Measures(requests=own)), a_total("bought", measures=Measures(requests=bought))
    )
    assert (found.own, found.bought, found.kept) == (own, bought, kept)
    told = reported(found, SINCE, UNTIL).notes[0]
    assert told.startswith(
        f"Own models kept {own} requests ({'-' if kept is None else '75.0%'}); {bought} went"
    )


def test_nothing_that_is_unknown_is_written_as_a_number() -> None:
    [own, bought] = shown(of(a_total("bought", measures=Measures(requests=0))))

    assert (own["hosting_usd"], own["per_request_allocation_usd"]) == ("1620.000000000", None)
    assert (bought["utilisation"], bought["idle_usd"], bought["quality_per_dollar"]) == (None, None, None)
    assert own["utilisation"] == 0


def test_an_amount_for_each_request_has_nine_digits() -> None:
    found = of(a_total("bought", measures=Measures(requests=3, cost_nanos=10**9)), cards=(BOUGHT,))
    assert shown(found)[0]["per_request_usage_usd"] == "0.333333333"
    assert found.holdings[0].per_request(None) is None
    assert Nanos(0) == found.holdings[0].book_end


def test_quality_is_held_against_what_a_million_tokens_truly_cost() -> None:
    sums = Measures(requests=3, output=500_000, cost_nanos=10**9)
    [found] = shown(of(a_total("bought", measures=sums), cards=(BOUGHT,)))
    assert (found["quality"], found["per_million_usd"], found["quality_per_dollar"]) == (
        90,
        "2.000000000",
        45,
    )

    unknown = replace(BOUGHT, quality={})
    [found] = shown(of(a_total("bought", measures=sums), cards=(unknown,)))
    assert (found["quality"], found["quality_per_dollar"]) == (None, None)
