import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from routergate.domain.usage import Usage
from routergate.reporting.focus.group import Group
from routergate.reporting.focus.meters import shared
from routergate.reporting.focus.rules import breaches
from support.focus import CARDS, a_group, exported, total

counts = st.integers(0, 10**9)
usages = st.builds(
    Usage, input_uncached=counts, cache_read=counts, cache_write=counts, output=counts, audio_input=counts
)
groups = st.builds(
    Group,
    day=st.dates(),
    organisation=st.sampled_from(["acme", "other one"]),
    team=st.none() | st.just("search"),
    customer=st.none() | st.just("globex"),
    model=st.sampled_from([*CARDS, "gone"]),
    provider=st.just("openai"),
    tier=st.none() | st.sampled_from(["priority", "default"]),
    requests=st.integers(1, 10**6),
    seconds=st.decimals(0, 10**6, places=9),
    usage=usages,
    cost=st.integers(0, 10**15),
    fixed=st.tuples(counts, counts, counts),
)


def shown(group: Group) -> list[list[Any]]:
    return [
        [row["SkuMeter"], row["ListCost"], row["ContractedCost"], row["BilledCost"]]
        for row in exported([group])
    ]


def test_each_kind_of_tokens_is_a_charge() -> None:
    assert shown(a_group()) == [
        ["Input Tokens", Decimal("2.5"), Decimal("2.0"), Decimal(2)],
        ["Output Tokens", Decimal(10), Decimal(8), Decimal(8)],
    ]


def test_a_charge_says_whose_it_is_and_when() -> None:
    [row, _] = exported([a_group()])
    assert row["BillingAccountId"] == "acme"
    assert [row["SubAccountId"], row["SubAccountType"]] == ["search", "Team"]
    assert row["Tags"] == '{"team": "search", "feature": "answers"}'
    assert row["ChargePeriodEnd"] == datetime(2026, 10, 16, tzinfo=UTC)
    assert row["BillingPeriodEnd"] == datetime(2026, 11, 1, tzinfo=UTC)
    assert [row["ConsumedQuantity"], row["PricingQuantity"]] == [1_000_000, 1]
    assert [row["RegionId"], row["InvoiceIssuerName"]] == ["eu", "openai"]


def test_a_service_tier_is_a_price_of_its_own() -> None:
    [row, _] = exported([a_group(tier="priority")])
    assert row["SkuPriceId"] == f"{row['SkuId']}/priority"
    assert row["SkuPriceDetails"] == '{"x_ServiceTier": "priority"}'


def test_fees_are_charges_beside_the_tokens() -> None:
    found = shown(a_group(model="timed", seconds=Decimal(1_000), cost=13_100_000_000))
    assert [meter for meter, *_ in found] == ["Input Tokens", "Output Tokens", "Requests", "Seconds"]
    assert [cost for _, cost, *_ in found[2:]] == [Decimal(1), Decimal("0.6")]


def test_audio_without_a_rate_is_in_no_list_price() -> None:
    assert [meter for meter, *_ in shown(a_group(usage=Usage(input_uncached=1, audio_input=1)))] == [
        "Input Tokens"
    ]


def test_a_model_that_nobody_knows_any_more_is_one_charge() -> None:
    assert shown(a_group(model="gone")) == [["Requests", Decimal(10), Decimal(10), Decimal(10)]]


def test_what_was_paid_for_a_model_without_a_price_is_one_charge() -> None:
    own = a_group(model="own", usage=Usage(output=5))
    assert [row[0] for row in shown(own)] == ["Requests"]
    assert [row[0] for row in shown(replace(own, cost=0))] == ["Output Tokens"]


def test_shares_of_fixed_costs_are_effective_and_billed_elsewhere() -> None:
    mine = a_group(model="own", cost=0, fixed=(3, 0, 0))
    rows = exported([mine, replace(mine, feature="other", fixed=(6, 0, 0))])
    shares = [row for row in rows if row["AllocatedMethodId"]]

    assert [row["AllocatedResourceId"] for row in shares] == ["acme/search/answers", "acme/search/other"]
    assert [row["EffectiveCost"] for row in shares] == [Decimal("3E-9"), Decimal("6E-9")]
    assert {row["BilledCost"] for row in shares} == {Decimal(0)}
    details = [json.loads(str(row["AllocatedMethodDetails"]))["Elements"] for row in shares]
    assert details == [
        [{"AllocatedRatio": 0.333333333333, "UsageUnit": "Requests", "UsageQuantity": 100}],
        [{"AllocatedRatio": 0.666666666667, "UsageUnit": "Requests", "UsageQuantity": 100}],
    ]
    assert list(breaches(rows)) == []


def test_what_requests_have_not_borne_is_an_adjustment() -> None:
    accrual = a_group(
        team=None, feature=None, accrual=True, requests=0, usage=Usage(), cost=0, fixed=(0, -5, 0)
    )
    [row] = exported([accrual])
    assert [row["ChargeCategory"], row["EffectiveCost"]] == ["Adjustment", Decimal("-5E-9")]
    assert [row["SkuPriceId"], row["PricingQuantity"], row["Tags"]] == [None, None, None]
    assert list(breaches([row])) == []


@given(st.lists(groups, max_size=6))
def test_every_export_keeps_the_rules_and_adds_up_to_the_nano_dollar(found: list[Group]) -> None:
    rows = exported(found)
    assert [str(breach) for breach in breaches(rows)] == []
    assert total(rows, "BilledCost") == sum(group.cost for group in found)
    assert total(rows, "EffectiveCost") == sum(group.cost + sum(group.fixed) for group in found)


@given(st.integers(-(10**15), 10**15), st.lists(st.fractions(0, 100), min_size=1))
def test_nothing_is_lost_when_an_amount_is_divided(amount: int, weights: list[Fraction]) -> None:
    assert sum(shared(amount, weights)) == amount
