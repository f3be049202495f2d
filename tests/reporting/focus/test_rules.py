from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from routergate.reporting.focus.rules import breaches
from support.focus import a_group, exported

GOOD = exported([a_group()])[0]
NIGHT = datetime(2026, 10, 15, tzinfo=UTC)


def said(**changes: Any) -> list[str]:
    """What is wrong with a row that was right."""
    return [str(breach) for breach in breaches([{**GOOD, **changes}])]


def test_a_row_that_is_right_breaks_nothing() -> None:
    assert said() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"BilledCost": None}, "BilledCost: must not be null"),
        ({"BilledCost": 2}, "BilledCost: must be a finite decimal"),
        ({"BilledCost": Decimal("NaN")}, "BilledCost: must be a finite decimal"),
        ({"ServiceName": ""}, "ServiceName: must be a text, and null rather than empty"),
        ({"BillingCurrency": "EUR"}, "BillingCurrency: 'EUR' is not one of USD"),
        ({"ChargeClass": "Regular"}, "ChargeClass: 'Regular' is not one of Correction"),
        (
            {"ChargePeriodEnd": NIGHT.astimezone(timezone(timedelta(hours=1)))},
            "ChargePeriodEnd: must be a time in UTC",
        ),
        ({"ChargePeriodEnd": NIGHT}, "ChargePeriodEnd: is not after ChargePeriodStart"),
        (
            {"BillingPeriodEnd": datetime(2026, 10, 1, tzinfo=UTC)},
            "BillingPeriodEnd: is not after BillingPeriodStart",
        ),
        ({"Tags": "team=a"}, "Tags: must be a JSON object"),
        ({"Tags": "[]"}, "Tags: must be a JSON object"),
        (
            {"Feature": "a"},
            "Feature: is no column of the specification; a column of one's own begins with x_",
        ),
        ({"ListUnitPrice": Decimal(-1)}, "ListUnitPrice: must be at least 0"),
        ({"ListCost": Decimal(3)}, "ListCost: is not ListUnitPrice × PricingQuantity"),
        ({"ContractedCost": Decimal(3)}, "ContractedCost: is not ContractedUnitPrice × PricingQuantity"),
        ({"PricingCategory": None}, "PricingCategory: must not be null for usage and purchases"),
        ({"SkuMeter": None}, "SkuMeter: and SkuId belong together"),
        ({"ConsumedUnit": None}, "ConsumedUnit: and ConsumedQuantity belong together"),
        ({"SubAccountType": None}, "SubAccountType: and SubAccountId belong together"),
        (
            {"ChargeCategory": "Purchase", "ConsumedQuantity": None, "ConsumedUnit": None},
            "ChargeFrequency: of a purchase must not be Usage-Based",
        ),
        ({"ChargeCategory": "Adjustment"}, "ConsumedQuantity: is for usage only"),
        ({"AllocatedResourceId": "a"}, "AllocatedResourceId: without an AllocatedMethodId must be null"),
        ({"AllocatedMethodId": "a"}, "AllocatedMethodDetails: and AllocatedMethodId belong together"),
    ],
)
def test_a_row_that_breaks_a_rule_is_told_of(changes: dict[str, Any], expected: str) -> None:
    assert said(**changes) == [f"row 1, {expected}"]


def test_a_column_that_must_be_there_is_missed() -> None:
    row = {name: cell for name, cell in GOOD.items() if name not in {"BilledCost", "Tags"}}
    assert [str(breach) for breach in breaches([GOOD, row])] == ["row 2, BilledCost: is missing"]


def test_without_a_price_nothing_is_priced() -> None:
    found = said(ChargeCategory="Tax", SkuPriceId=None)
    names = ("ListUnitPrice", "ContractedUnitPrice", "PricingQuantity", "PricingUnit", "PricingCategory")
    assert {f"row 1, {name}: must be null without a SkuPriceId" for name in names} < set(found)


def test_without_a_list_price_the_list_cost_is_what_was_billed() -> None:
    changes = {"ChargeClass": "Correction", "ListUnitPrice": None, "ListCost": Decimal(1)}
    assert said(**changes) == ["row 1, ListCost: without a ListUnitPrice must be the BilledCost"]


def test_the_shares_of_one_charge_come_to_all_of_it() -> None:
    details = '{"Elements": [{"AllocatedRatio": 0.25}, {"AllocatedRatio": 0.5}]}'
    found = said(AllocatedMethodId="m", AllocatedMethodDetails=details)
    assert found == ["AllocatedMethodDetails: ratios of openai/large/Input Tokens come to 0.75, not to 1"]
