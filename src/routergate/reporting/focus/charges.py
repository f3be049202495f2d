"""Sums of a day → charges: one for each kind of tokens, and one for each share of fixed costs; pure.

What was booked for a day is divided over its charges by their list cost, to the nano-dollar: whatever
discounts, minimums and roundings there were, the charges add up to the ledger.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import usd
from routergate.economics.months import following
from routergate.reporting.focus.columns import COLUMNS, Cell
from routergate.reporting.focus.group import COMPONENTS, Group
from routergate.reporting.focus.meters import Meter, metered, shared

DIGITS = 12
"""Of a ratio."""


Origin = tuple[date, str, str]
"""Day, model and component: what is split over many requests."""


@dataclass(slots=True)
class Origins:
    """The charges that are split, and how much of each has been handed out: ratios come to 1 exactly."""

    totals: Mapping[Origin, int]
    _given: dict[Origin, int] = field(default_factory=dict)

    def ratio(self, group: Group, component: str, amount: int) -> Decimal:
        """The share of its origin that `amount` is."""
        origin = group.day, group.model, component
        before = self._given.get(origin, 0)
        self._given[origin] = before + amount
        return self._upto(origin, before + amount) - self._upto(origin, before)

    def _upto(self, origin: Origin, amount: int) -> Decimal:
        return round(Decimal(amount) / self.totals[origin], DIGITS)


def origins(groups: Sequence[Group]) -> Origins:
    """The fixed costs of all accounts, by day, model and component."""
    totals: dict[Origin, int] = {}
    for group in (one for one in groups if not one.accrual):
        for component, amount in _fixed(group):
            origin = group.day, group.model, component
            totals[origin] = totals.get(origin, 0) + amount
    return Origins(totals)


def charges(group: Group, card: ModelCard | None, split: Origins) -> Iterator[dict[str, Cell]]:
    """The rows of a group: BilledCost comes to its cost, EffectiveCost to that and its fixed costs."""
    common = _common(group, card)
    if group.requests or group.cost:
        meters = metered(group, card.rates(group.day) if card else None)
        for meter, billed in zip(meters, shared(group.cost, [one.weight for one in meters]), strict=True):
            yield {**common, **_usage(group, meter, billed)}
    for component, amount in _fixed(group):
        elsewhere = {**common, **_elsewhere(amount)}
        if group.accrual:
            yield {**elsewhere, **_adjustment(group, component)}
        else:
            yield {**elsewhere, **_share(group, component, split.ratio(group, component, amount))}


def _usage(group: Group, meter: Meter, billed: int) -> dict[str, Cell]:
    contracted = meter.price * (1 - meter.discount)
    sku = f"{group.provider}/{group.model}/{meter.name}"
    tier = json.dumps({"x_ServiceTier": group.tier}) if group.tier else None
    return {
        "BilledCost": usd(billed),
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{group.model}: {meter.name}",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": meter.consumed,
        "ConsumedUnit": meter.unit,
        "ContractedCost": contracted * meter.quantity,
        "ContractedUnitPrice": contracted,
        "EffectiveCost": usd(billed),
        "ListCost": meter.price * meter.quantity,
        "ListUnitPrice": meter.price,
        "PricingCategory": "Standard",
        "PricingQuantity": meter.quantity,
        "PricingUnit": meter.pricing_unit,
        "SkuId": sku,
        "SkuMeter": meter.name,
        "SkuPriceDetails": tier,
        "SkuPriceId": f"{sku}/{group.tier}" if group.tier else sku,
    }


def _fixed(group: Group) -> list[tuple[str, int]]:
    return [found for found in zip(COMPONENTS, group.fixed, strict=True) if found[1]]


def _elsewhere(amount: int) -> dict[str, Cell]:
    """Invoiced elsewhere, so nothing is billed here; in force here, so it is an effective cost."""
    nothing = Decimal(0)
    return {
        "BilledCost": nothing,
        "ContractedCost": nothing,
        "EffectiveCost": usd(amount),
        "ListCost": nothing,
    }


def _adjustment(group: Group, component: str) -> dict[str, Cell]:
    return {
        "ChargeCategory": "Adjustment",
        "ChargeDescription": f"{group.model}: {component} that the month's requests have not borne",
        "ChargeFrequency": "Recurring",
    }


def _share(group: Group, component: str, ratio: Decimal) -> dict[str, Cell]:
    element = {"AllocatedRatio": float(ratio), "UsageUnit": "Requests", "UsageQuantity": group.requests}
    sku = f"{group.provider}/{group.model}/{component}"
    resource = "/".join([group.organisation, *group.tags.values()])
    requests, nothing = Decimal(group.requests), Decimal(0)
    return {
        "AllocatedMethodDetails": json.dumps({"Elements": [element]}),
        "AllocatedMethodId": "share-of-request",
        "AllocatedResourceId": resource,
        "AllocatedResourceName": resource,
        "AllocatedTags": json.dumps(group.tags) if group.tags else None,
        "ChargeCategory": "Usage",
        "ChargeDescription": f"{group.model}: share of {component}",
        "ChargeFrequency": "Usage-Based",
        "ConsumedQuantity": requests,
        "ConsumedUnit": "Requests",
        "ContractedUnitPrice": nothing,
        "ListUnitPrice": nothing,
        "PricingCategory": "Other",
        "PricingQuantity": requests,
        "PricingUnit": "Requests",
        "SkuId": sku,
        "SkuMeter": f"{component.capitalize()} Share",
        "SkuPriceId": sku,
    }


def _common(group: Group, card: ModelCard | None) -> dict[str, Cell]:
    month = group.day.replace(day=1)
    own = card is not None and card.model_class is ModelClass.SELF_HOSTED
    filled: dict[str, Cell] = {
        "BillingAccountId": group.organisation,
        "BillingAccountName": group.organisation,
        "BillingCurrency": "USD",
        "BillingPeriodEnd": _midnight(following(month)),
        "BillingPeriodStart": _midnight(month),
        "ChargePeriodEnd": _midnight(group.day + timedelta(days=1)),
        "ChargePeriodStart": _midnight(group.day),
        "HostProviderName": group.provider,
        "InvoiceIssuerName": group.organisation if own else group.provider,
        "ProviderName": group.provider,
        "PublisherName": group.provider,
        "RegionId": card.region if card else None,
        "RegionName": card.region if card else None,
        "ResourceId": group.model,
        "ResourceName": group.model,
        "ResourceType": "Model",
        "ServiceCategory": "AI and Machine Learning",
        "ServiceName": group.provider,
        "ServiceProviderName": group.provider,
        "ServiceSubcategory": "Generative AI",
        "SubAccountId": group.team,
        "SubAccountName": group.team,
        "SubAccountType": "Team" if group.team is not None else None,
        "Tags": json.dumps(group.tags) if group.tags else None,
    }
    return dict.fromkeys(COLUMNS) | filled | {"x_ModelClass": card.model_class.value if card else None}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
