"""What tokens cost: Σ over kinds (tokens × rate ÷ 1 000 000), at the rate card of the day."""

from datetime import date
from decimal import Decimal

from routergate.domain.model import ModelCard, RateCard
from routergate.domain.money import Nanos, nanos
from routergate.domain.usage import Usage


def cost(usage: Usage, rates: RateCard) -> Nanos | None:
    """Marginal cost of an answer; `None` where a rate that it needs is unknown."""
    audio = _audio(usage, rates)
    if audio is None:
        return None
    dollars_per_million = (
        usage.input_uncached * rates.input
        + usage.cache_read * _or(rates.cache_read, rates.input)
        + usage.cache_write * _or(rates.cache_write, rates.input)
        + usage.output * rates.output
        + usage.reasoning * _or(rates.reasoning, rates.output)
        + audio
    )
    return nanos(dollars_per_million.scaleb(-6) + rates.per_request)


def price(card: ModelCard, usage: Usage | None, on: date) -> Nanos | None:
    """Marginal cost of `usage` with a model on a day; `None` if tokens or rates are unknown."""
    rates = card.rates(on)
    return None if usage is None or rates is None else cost(usage, rates)


def monthly(requests_per_day: int, usage: Usage, rates: RateCard) -> Decimal | None:
    """Dollars for thirty days of `requests_per_day` requests of this size."""
    each = cost(usage, rates)
    return None if each is None else Decimal(30 * requests_per_day * each).scaleb(-9)


def _or(rate: Decimal | None, parent: Decimal) -> Decimal:
    return parent if rate is None else rate


def _audio(usage: Usage, rates: RateCard) -> Decimal | None:
    """Audio has no parent rate to fall back on."""
    total = Decimal(0)
    for tokens, rate in (
        (usage.audio_input, rates.audio_input),
        (usage.audio_output, rates.audio_output),
    ):
        if tokens and rate is None:
            return None
        total += tokens * (rate or 0)
    return total
