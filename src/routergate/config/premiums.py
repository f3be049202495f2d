"""Rates that are a multiple of another model's: a vendor's fine-tuned variants."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

from routergate.config import schema
from routergate.config.assets import Premium
from routergate.config.findings import Findings, Place, hint
from routergate.domain.model import ModelCard, ModelId, RateCard
from routergate.domain.rates import RATES, Rates, Tariff

Rated = TypeVar("Rated", bound=Rates)
Priced = TypeVar("Priced", bound=Tariff)


def with_premiums(
    models: Mapping[str, schema.Model], cards: Mapping[ModelId, ModelCard], findings: Findings
) -> dict[ModelId, ModelCard]:
    """The cards, those with a premium priced by their base's."""
    found = dict(cards)
    for name, written in models.items():
        if written.asset is None or (premium := written.asset.premium) is None:
            continue
        place: Place = ("models", name, "asset", "premium")
        if problem := _problem(premium, written, models):
            findings.problem(place, problem)
        elif (own := found.get(ModelId(name))) and (base := cards.get(ModelId(premium.base))):
            found[own.id] = replace(own, prices=multiplied(base.prices, premium.times))
            if not base.prices:
                findings.warn(place, f"no price is known of '{base.id}'; its cost will be shown as unknown")
    return found


def _problem(premium: Premium, written: schema.Model, models: Mapping[str, schema.Model]) -> str | None:
    if written.prices is not None:
        return "there are prices too; keep one of them"
    base = models.get(premium.base)
    if base is None:
        return f"no model is called '{premium.base}'{hint(premium.base, models)}"
    if base.asset and base.asset.premium:
        return f"'{premium.base}' is a multiple of another model itself; name that one"
    return None


def multiplied(cards: tuple[RateCard, ...], times: Decimal) -> tuple[RateCard, ...]:
    """Every rate and fee so many times; dates, limits and discounts as they are."""
    return tuple(
        replace(
            _tariff(card, times),
            per_request=card.per_request * times,
            service_tiers={name: _tariff(tier, times) for name, tier in card.service_tiers.items()},
        )
        for card in cards
    )


def _tariff(tariff: Priced, times: Decimal) -> Priced:
    return replace(
        _rates(tariff, times), context_tiers=tuple(_rates(tier, times) for tier in tariff.context_tiers)
    )


def _rates(rates: Rated, times: Decimal) -> Rated:
    known: dict[str, Any] = {name: rate for name in RATES if (rate := getattr(rates, name)) is not None}
    return replace(rates, **{name: rate * times for name, rate in known.items()})
