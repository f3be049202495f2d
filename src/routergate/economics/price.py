"""What tokens cost: Σ over kinds (tokens × rate ÷ 1 000 000), at the rate card of the day.

One request is priced as a provider bills it: by its service tier, by the length of its whole input, by the
seconds that it took, less the discount, and no less than the minimum. A markup comes on top of that.
"""

from datetime import date
from decimal import Decimal

from routergate.domain.model import ModelCard, RateCard
from routergate.domain.money import Nanos, nanos
from routergate.domain.rates import Rates, Tariff
from routergate.domain.usage import Usage

STANDARD = frozenset({"default", "standard", "auto", "on_demand"})
"""What providers call the service tier that has no rates of its own."""


def cost(
    usage: Usage,
    card: RateCard,
    *,
    told: str | None = None,
    asked: str | None = None,
    seconds: float | None = None,
) -> Nanos | None:
    """Marginal cost of an answer; `None` where a rate that it needs is unknown, or how long it took.

    `told` is the service tier by the answer's own account, `asked` the one that the request named. `seconds`
    that nobody has measured are what the card expects, if it does.
    """
    tariff = _tariff(card, told, asked)
    tokens = _tokens(usage, tariff.at(usage.input_total)) if tariff else None
    time = _time(usage, card, seconds)
    if tokens is None or time is None:
        return None
    billed = (tokens.scaleb(-6) + time + card.per_request) * (1 - card.discount)
    return nanos(max(billed, card.minimum) * (1 + card.markup))


def price(
    card: ModelCard,
    usage: Usage | None,
    on: date,
    *,
    told: str | None = None,
    asked: str | None = None,
    seconds: float | None = None,
) -> Nanos | None:
    """Marginal cost of `usage` with a model on a day; `None` if tokens, rates or their time are unknown."""
    rates = card.rates(on)
    if usage is None or rates is None:
        return None
    return cost(usage, rates, told=told, asked=asked, seconds=seconds)


def together(usage: Usage, requests: int, card: RateCard) -> Nanos | None:
    """What many requests cost at a card's rates, with their tokens added up.

    As if each had a short input, the standard service tier and no minimum; `None` where a rate is unknown, or
    time is paid for that the card does not expect.
    """
    tokens, time = _tokens(usage, card), _time(usage, card, None)
    if tokens is None or time is None:
        return None
    billed = (tokens.scaleb(-6) + time + requests * card.per_request) * (1 - card.discount)
    return nanos(billed * (1 + card.markup))


def monthly(requests_per_day: int, usage: Usage, rates: RateCard) -> Decimal | None:
    """Dollars for thirty days of `requests_per_day` requests of this size."""
    each = cost(usage, rates)
    return None if each is None else Decimal(30 * requests_per_day * each).scaleb(-9)


def _tariff(card: RateCard, told: str | None, asked: str | None) -> Tariff | None:
    """Whoever asks does not always get: only the answer's word can make a price unknown."""
    if told is None:
        return card.service_tiers.get(asked or "", card)
    return card.service_tiers.get(told, card if told in STANDARD else None)


def _time(usage: Usage, card: RateCard, seconds: float | None) -> Decimal | None:
    """Dollars for the time that the answer took, or is expected to take for its length."""
    if not card.per_second:
        return Decimal(0)
    if seconds is not None:
        return card.per_second * Decimal(repr(seconds))
    if card.tokens_per_second is None:
        return None
    return card.per_second * usage.output_total / card.tokens_per_second


def _tokens(usage: Usage, rates: Rates) -> Decimal | None:
    """Millionths of dollars."""
    billed = usage.input_uncached * rates.input + usage.output * rates.output
    if not usage.special:
        return billed
    audio = _audio(usage, rates)
    return None if audio is None else billed + _special(usage, rates) + audio


def _special(usage: Usage, rates: Rates) -> Decimal:
    """Kinds of tokens that most requests have none of."""
    written = _or(rates.cache_write, rates.input)
    return (
        usage.cache_read * _or(rates.cache_read, rates.input)
        + usage.cache_write * written
        + usage.cache_write_1h * _or(rates.cache_write_1h, written)
        + usage.reasoning * _or(rates.reasoning, rates.output)
    )


def _or(rate: Decimal | None, parent: Decimal) -> Decimal:
    return parent if rate is None else rate


def _audio(usage: Usage, rates: Rates) -> Decimal | None:
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
