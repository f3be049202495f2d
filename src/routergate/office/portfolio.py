"""What models really cost, and from how many requests on an own one pays."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import aclosing
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import usd
from routergate.domain.operator import ReportTooLarge
from routergate.domain.totals import Total
from routergate.economics.breakeven import Comparison, break_even
from routergate.economics.fixed import counted_since
from routergate.economics.months import instant
from routergate.ledger.reader import portions
from routergate.office.sums import PATIENCE
from routergate.office.view import View
from routergate.reporting.portfolio import Holding, Portfolio, portfolio, reported
from routergate.reporting.render import as_object
from routergate.store.client import Store

MOST_CELLS = 500_000
"""Of totals, in memory at the same time."""
DAY = 86_400 * 1_000_000_000
"""Nanoseconds."""


async def told(view: View, days: tuple[date, date]) -> Mapping[str, Any]:
    """As `routergate report portfolio`, with the break-even of each own model."""
    cards = {str(name): card for name, card in view.config().catalogue.models.items()}
    first = min([days[0], *counted_since(card.asset for card in cards.values() if card.asset)])
    seen = await _totals(view.store, (first, days[1]))
    return await asyncio.to_thread(_told, seen, cards, days, view.clock.epoch_ns())


def _told(
    seen: Sequence[Total], cards: Mapping[str, ModelCard], days: tuple[date, date], now: int
) -> Mapping[str, Any]:
    found = portfolio(seen, cards, *days, now)
    return {**as_object(reported(found, *days)), "break_even": list(_break_evens(found, cards, days, now))}


async def _totals(store: Store, days: tuple[date, date]) -> list[Total]:
    found: list[Total] = []
    try:
        async with asyncio.timeout(PATIENCE), aclosing(portions(store, days)) as read:
            async for portion in read:
                found += portion
                if len(found) > MOST_CELLS:
                    raise ReportTooLarge("There are too many totals: ask for fewer days.", param="since")
    except TimeoutError:
        raise ReportTooLarge(f"It took longer than {PATIENCE:g} s: ask for fewer days.") from None
    return found


def _break_evens(
    found: Portfolio, cards: Mapping[str, ModelCard], days: tuple[date, date], now: int
) -> Iterator[Mapping[str, Any]]:
    """Of each own model, against what a request costs on models that are bought."""
    bought = _bought(found)
    passed = min(instant(days[1]) + DAY, now) - instant(days[0])
    for one in found.holdings:
        if one.asset and one.model in cards:
            yield _break_even(one, bought, Decimal(30 * DAY) / max(passed, 1))


def _break_even(one: Holding, bought: Decimal | None, months: Decimal) -> Mapping[str, Any]:
    """`months`: how many times as long as the period a month of 30 days is."""
    fixed, own = usd(one.fixed.total) * months, one.per_request(one.marginal)
    needed, why_not = _needed(fixed, own, bought)
    return {
        "model": one.model,
        "fixed_usd_per_month": _text(fixed),
        "own_usd_per_request": _text(own),
        "bought_usd_per_request": _text(bought),
        "requests_per_month_to_break_even": None if needed is None else int(needed.to_integral_value()),
        "requests_per_month_now": int((one.requests * months).to_integral_value()),
        "why_not": why_not,
    }


def _needed(fixed: Decimal, own: Decimal | None, bought: Decimal | None) -> tuple[Decimal | None, str | None]:
    if own is None:
        return None, "it has answered no request in this period, or nobody knows what one costs"
    if bought is None:
        return None, "no bought model has answered a request at a known price in this period"
    found = break_even(Comparison(fixed_per_month=fixed, own_per_request=own, api_per_request=bought))
    return found.requests, found.why_not


def _bought(found: Portfolio) -> Decimal | None:
    """Dollars for a request of a bought model, on average over those whose price is known."""
    bought = [one for one in found.holdings if one.model_class != ModelClass.SELF_HOSTED]
    priced = sum(one.requests - one.measures.unpriced for one in bought)
    return usd(sum(one.measures.cost_nanos for one in bought)) / priced if priced > 0 else None


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.12f}".rstrip("0").rstrip(".")
