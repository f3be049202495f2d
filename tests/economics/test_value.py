from decimal import Decimal

import pytest

from routergate.domain.money import Nanos
from routergate.economics.value import Overspend, quality_per_dollar, reasoning_multiplier, verdict


@pytest.mark.parametrize(
    ("before", "after", "multiple", "expected", "said"),
    [
        (75, 97, "2.7", "10.9", "strong buy"),
        (95, 97, "13.3", "0.16", "never"),
        (88, 90, "5", "0.45", "marginal"),
        (90, 95, "2.7", "2.06", "hard cases only"),
        (80, 92, "2.7", "5.56", "buy"),
        (45, 80, "2.7", "28.8", "essential"),
    ],
)
def test_reasoning_gains_for_what_it_costs(
    before: int, after: int, multiple: str, expected: str, said: str
) -> None:
    found = reasoning_multiplier(Decimal(before), Decimal(after), Decimal(multiple))

    assert found is not None
    assert found.quantize(Decimal(expected)) == Decimal(expected)
    assert verdict(found) == said


def test_a_verdict_begins_at_its_limit() -> None:
    assert [verdict(Decimal(limit)) for limit in ("0.2", "1", "3", "8", "20")] == [
        "marginal",
        "hard cases only",
        "buy",
        "strong buy",
        "essential",
    ]


def test_verdicts_may_be_others() -> None:
    assert verdict(Decimal(5), [(Decimal(10), "wait")]) == "wait"


@pytest.mark.parametrize(("before", "multiple"), [("0", "2"), ("50", "0")])
def test_a_gain_over_nothing_has_no_multiplier(before: str, multiple: str) -> None:
    assert reasoning_multiplier(Decimal(before), Decimal(90), Decimal(multiple)) is None


def test_overspend_stands_between_the_baseline_and_the_least_possible() -> None:
    found = Overspend(baseline=Nanos(600), actual=Nanos(200), optimal=Nanos(160))
    assert (found.saved, found.left) == (Decimal(3), Decimal("1.25"))


def test_a_traffic_that_cost_nothing_has_no_overspend() -> None:
    found = Overspend(baseline=Nanos(600), actual=Nanos(0), optimal=Nanos(0))
    assert (found.saved, found.left) == (None, None)


def test_quality_per_dollar_is_points_over_the_price_of_a_million_tokens() -> None:
    assert quality_per_dollar(Decimal(90), Decimal("0.60")) == 150
    assert quality_per_dollar(Decimal(90), Decimal(0)) is None
