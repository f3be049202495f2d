"""The columns that are exported, and what the specification says of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

Cell = str | Decimal | datetime | None
Row = Mapping[str, Cell]


class Type(StrEnum):
    """What is in a column."""

    STRING = "string"
    DECIMAL = "decimal(38, 18)"
    TIME = "timestamp('UTC')"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    type: Type = Type.STRING
    nullable: bool = True
    mandatory: bool = False
    """Whether it must be there; others are there where they have something to tell."""
    allowed: frozenset[str] = frozenset()
    """The only values; empty: any."""
    least: int | None = None
    """The smallest number."""


def _must(type: Type = Type.STRING, *allowed: str, nullable: bool = False) -> Column:  # noqa: A002 - the specification's word
    return Column(type, nullable=nullable, mandatory=True, allowed=frozenset(allowed))


def _may(type: Type = Type.STRING, *allowed: str) -> Column:  # noqa: A002 - the specification's word
    return Column(type, allowed=frozenset(allowed))


_PRICE = Column(Type.DECIMAL, least=0)
COLUMNS: Mapping[str, Column] = {
    "AllocatedMethodDetails": _may(Type.JSON),
    "AllocatedMethodId": _may(),
    "AllocatedResourceId": _may(),
    "AllocatedResourceName": _may(),
    "AllocatedTags": _may(Type.JSON),
    "BilledCost": _must(Type.DECIMAL),
    "BillingAccountId": _must(),
    "BillingAccountName": _must(nullable=True),
    "BillingCurrency": _must(Type.STRING, "USD"),
    "BillingPeriodEnd": _must(Type.TIME),
    "BillingPeriodStart": _must(Type.TIME),
    "ChargeCategory": _must(Type.STRING, "Usage", "Purchase", "Tax", "Credit", "Adjustment"),
    "ChargeClass": _must(Type.STRING, "Correction", nullable=True),
    "ChargeDescription": _must(nullable=True),
    "ChargeFrequency": Column(nullable=False, allowed=frozenset({"One-Time", "Recurring", "Usage-Based"})),
    "ChargePeriodEnd": _must(Type.TIME),
    "ChargePeriodStart": _must(Type.TIME),
    "ConsumedQuantity": _may(Type.DECIMAL),
    "ConsumedUnit": _may(),
    "ContractedCost": _must(Type.DECIMAL),
    "ContractedUnitPrice": _PRICE,
    "EffectiveCost": _must(Type.DECIMAL),
    "HostProviderName": _may(),
    "InvoiceId": _may(),
    "InvoiceIssuerName": _must(),
    "ListCost": _must(Type.DECIMAL),
    "ListUnitPrice": _PRICE,
    "PricingCategory": _may(Type.STRING, "Standard", "Dynamic", "Committed", "Other"),
    "PricingQuantity": _must(Type.DECIMAL, nullable=True),
    "PricingUnit": _must(nullable=True),
    "ProviderName": _must(),
    "PublisherName": _must(),
    "RegionId": _may(),
    "RegionName": _may(),
    "ResourceId": _may(),
    "ResourceName": _may(),
    "ResourceType": _may(),
    "ServiceCategory": _must(Type.STRING, "AI and Machine Learning"),
    "ServiceName": _must(),
    "ServiceProviderName": _may(),
    "ServiceSubcategory": Column(nullable=False, allowed=frozenset({"Generative AI"})),
    "SkuId": _may(),
    "SkuMeter": _may(),
    "SkuPriceDetails": _may(Type.JSON),
    "SkuPriceId": _may(),
    "SubAccountId": _may(),
    "SubAccountName": _may(),
    "SubAccountType": _may(),
    "Tags": _may(Type.JSON),
}
"""By name, in the order of the alphabet."""
