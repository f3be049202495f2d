"""What every model costs, has cost and will cost."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.asset import Asset, Hosting, Maintenance, Training
from routergate.domain.decision import Catalogue
from routergate.domain.model import ModelCard, RateCard
from routergate.domain.rates import RATES, ContextTier, Rates

FEES = ("per_request", "per_second", "discount", "minimum", "markup")


def prices(catalogue: Catalogue, today: date) -> Sequence[Mapping[str, Any]]:
    """Each model's rate cards in the order of their days; dollars as decimal text."""
    return [_priced(card, today) for card in catalogue.models.values()]


def _priced(card: ModelCard, today: date) -> Mapping[str, Any]:
    now = card.rates(today)
    following = next((one for one in card.prices if one.start > today), None)
    return {
        "model": card.id,
        "provider": card.provider,
        "class": card.model_class.value,
        "known": now is not None,
        "in_force": now and _card(now),
        "next": following and _card(following),
        "cards": [_card(one) for one in card.prices],
        "fixed": card.asset and _asset(card.asset),
    }


def _card(card: RateCard) -> Mapping[str, Any]:
    """A rate that falls back on another one is `None`."""
    return {
        "from": card.start.isoformat(),
        "source": card.source,
        **_rates(card),
        **{name: _text(getattr(card, name)) for name in FEES},
        "context_tiers": [_tier(one) for one in card.context_tiers],
        "service_tiers": {name: _rates(one) for name, one in card.service_tiers.items()},
    }


def _rates(rates: Rates) -> dict[str, str | None]:
    """Dollars per million tokens."""
    return {name: _text(getattr(rates, name)) for name in RATES}


def _tier(tier: ContextTier) -> Mapping[str, Any]:
    return {"above_input_tokens": tier.above_input_tokens, **_rates(tier)}


def _asset(asset: Asset) -> Mapping[str, Any]:
    return {
        "training": _plain(asset.training),
        "hosting": _plain(asset.hosting),
        "maintenance": _plain(asset.maintenance),
        "start": asset.begins and asset.begins.isoformat(),
        "retired": asset.retired and asset.retired.isoformat(),
        "owner": asset.owner,
    }


def _plain(part: Training | Hosting | Maintenance | None) -> Mapping[str, Any] | None:
    if part is None:
        return None
    simple = (one.name for one in fields(part) if one.name != "revisions")
    return {name: _text(getattr(part, name)) for name in simple}


def _text(value: Any) -> Any:
    """Money and shares as exact text, days as ISO 8601; the rest is JSON already."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else value
