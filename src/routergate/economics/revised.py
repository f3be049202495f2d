"""A rate card that is dearer or cheaper by a factor, in everything that it asks for."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from routergate.domain.model import RateCard
from routergate.domain.rates import RATES, Rates


def revised(card: RateCard, factor: Decimal) -> RateCard:
    """Every rate, fee and minimum times `factor`; discount and markup stay what they are."""
    return replace(
        card,
        **_times(card, factor),
        per_request=card.per_request * factor,
        per_second=card.per_second * factor,
        minimum=card.minimum * factor,
        context_tiers=tuple(replace(tier, **_times(tier, factor)) for tier in card.context_tiers),
        service_tiers={
            name: replace(
                tariff,
                **_times(tariff, factor),
                context_tiers=tuple(replace(tier, **_times(tier, factor)) for tier in tariff.context_tiers),
            )
            for name, tariff in card.service_tiers.items()
        },
    )


def _times(rates: Rates, factor: Decimal) -> dict[str, Any]:
    found = {name: getattr(rates, name) for name in RATES}
    return {name: None if rate is None else rate * factor for name, rate in found.items()}
