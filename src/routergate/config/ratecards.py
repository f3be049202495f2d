"""Prices as written → rate cards."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.config import costs
from routergate.config.findings import Findings, Place
from routergate.domain.model import RateCard
from routergate.domain.rates import RATES, ContextTier, Tariff


def declared(prices: Iterable[costs.Prices], place: Place, findings: Findings) -> tuple[RateCard, ...]:
    """The rate cards in the order of their dates; two of the same day are a problem."""
    first: dict[date, int] = {}
    for index, rates in enumerate(prices):
        if first.setdefault(rates.start, index) != index:
            text = f"prices[{first[rates.start]}] starts on {rates.start} too; keep one of them"
            findings.problem((*place, "prices", index, "from"), text)
    return tuple(sorted(map(rate_card, prices), key=lambda rates: rates.start))


def rate_card(written: costs.Prices) -> RateCard:
    """The same in the core's words."""
    return RateCard(
        start=written.start,
        per_request=written.per_request or Decimal(0),
        per_second=written.per_second or Decimal(0),
        tokens_per_second=_decimal(written.tokens_per_second),
        service_tiers={name: Tariff(**_tariff(tier)) for name, tier in written.service_tiers.items()},
        discount=written.discount,
        minimum=written.minimum or Decimal(0),
        markup=written.markup,
        **_tariff(written),
    )


def _decimal(number: int | None) -> Decimal | None:
    return None if number is None else Decimal(number)


def _tariff(written: costs.Tariff) -> dict[str, Any]:
    tiers = sorted(written.context_tiers, key=lambda tier: tier.above_input_tokens)
    return {"context_tiers": tuple(map(_context_tier, tiers)), **_rates(written)}


def _context_tier(written: costs.ContextTier) -> ContextTier:
    return ContextTier(above_input_tokens=written.above_input_tokens, **_rates(written))


def _rates(written: costs.Rates) -> dict[str, Any]:
    return {name: getattr(written, name) for name in RATES}
