"""Break-even over real volume, its sensitivity, migrations and retraining."""

from decimal import Decimal

import pytest

from routergate.economics.breakeven import Comparison, payback_months
from routergate.economics.migration import stages, witnesses
from routergate.economics.retraining import LONGEST, Ageing, best_cadence, lost, monthly_cost
from routergate.economics.sensitivity import HORIZON, Case, cases, payback

OWN = Comparison(
    fixed_per_month=Decimal(1620),
    own_per_request=Decimal(0),
    api_per_request=Decimal("0.009"),  # a thousand tokens at 9 USD per million
    upfront=Decimal(4100),
)
FIFTY_MILLION_A_DAY = Decimal(1_500_000)


def test_half_the_volume_and_half_as_much_again_are_shown() -> None:
    found = list(cases(OWN, FIFTY_MILLION_A_DAY, Decimal("0.05")))

    assert [(one.volume, one.decline) for one in found] == [
        (volume, decline)
        for decline in (Decimal(0), Decimal("0.05"))
        for volume in (Decimal("0.5"), Decimal(1), Decimal("1.5"))
    ]
    assert found[1] == Case(
        volume=Decimal(1), decline=Decimal(0), saving=Decimal(11880), payback=Decimal(4100) / 11880
    )
    assert [one.saving for one in found[:3]] == [Decimal(5130), Decimal(11880), Decimal(18630)]


def test_steady_prices_are_not_shown_twice() -> None:
    assert len(list(cases(OWN, FIFTY_MILLION_A_DAY, Decimal(0)))) == 3


def test_payback_at_steady_prices_is_upfront_over_saving() -> None:
    volume = Decimal(300_000)  # 2 700 USD at the API, 1 080 saved

    assert payback(OWN, volume) == payback_months(OWN, volume) == Decimal(4100) / 1080


def test_falling_prices_put_the_payback_off_or_make_an_end_of_it() -> None:
    volume = Decimal(300_000)

    # 1 080, 810, 567, 348.3, 151.47: 2 956.77, and then it costs more than it saves.
    assert payback(OWN, volume, Decimal("0.1")) is None
    # 1 080 + 999 + 920.43 + 844.22 = 3 843.65, then 256.35 of 770.29.
    found = payback(OWN, volume, Decimal("0.03"))
    assert found == pytest.approx(Decimal("4.3328"), abs=Decimal("0.001"))


def test_nobody_waits_ten_years() -> None:
    late = Comparison(
        fixed_per_month=Decimal(0),
        own_per_request=Decimal(0),
        api_per_request=Decimal(1),
        upfront=Decimal(HORIZON + 1),
    )
    assert payback(late, Decimal(1)) is None
    assert payback(late, Decimal(2)) == Decimal(HORIZON + 1) / 2


def test_five_million_tokens_a_day_never_pay_for_serving() -> None:
    assert payback(OWN, Decimal(150_000)) is None


def test_a_migration_goes_in_steps_that_are_long_enough_to_see_a_loss() -> None:
    needed = witnesses(0.9, 0.02)

    # (1.645 + 0.842)² × (0.9 × 0.1 + 0.88 × 0.12) ÷ 0.02²
    assert needed == 3024
    assert [(one.share, one.requests, one.days) for one in stages(1000, 0.9, 0.02)] == [
        (0.05, needed, 61),
        (0.25, needed, 13),
        (0.5, needed, 7),
        (1.0, needed, 4),
    ]
    assert all(one.days == 1 for one in stages(10**9, 0.9, 0.02))
    assert witnesses(0.01, 0.5) > 0


AGEING = Ageing(
    training=Decimal(20_000),
    requests=Decimal(1_000_000),
    kept=Decimal("0.8"),
    decay=Decimal("0.02"),
    dearer=Decimal("0.01"),
)


def test_a_model_that_ages_loses_traffic_until_none_is_left() -> None:
    assert lost(AGEING, 10) == Decimal("0.1")
    assert lost(AGEING, 40) == Decimal("0.4")
    assert lost(AGEING, 80) == Decimal("0.6")  # 0.4 on average until nothing is left, then 0.8


def test_the_best_cadence_weighs_trainings_against_what_is_lost() -> None:
    # T = sqrt(2 × 20 000 ÷ (0.02 × 1 000 000 × 0.01)) = 14.1
    assert best_cadence(AGEING) == 14
    assert monthly_cost(AGEING, 14) == Decimal(20_000) / 14 + Decimal("0.14") * 10_000
    assert monthly_cost(AGEING, 14) < min(monthly_cost(AGEING, 13), monthly_cost(AGEING, 15))


def test_a_model_that_does_not_age_is_left_alone() -> None:
    steady = Ageing(
        training=Decimal(0), requests=Decimal(1), kept=Decimal(1), decay=Decimal(0), dearer=Decimal(1)
    )

    assert best_cadence(steady) == LONGEST
