"""What a day's requests are priced by, and how much of their cost falls on each of it; pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from routergate.domain.model import RateCard
from routergate.domain.money import usd
from routergate.domain.rates import Rates
from routergate.economics.metered import PARENTS
from routergate.reporting.focus.group import Group

MILLION = Decimal(1_000_000)
METERS: Mapping[str, str] = {
    "input_uncached": "Input Tokens",
    "cache_read": "Cache Read Input Tokens",
    "cache_write": "Cache Write Input Tokens",
    "cache_write_1h": "Cache Write 1h Input Tokens",
    "output": "Output Tokens",
    "reasoning": "Reasoning Output Tokens",
    "audio_input": "Audio Input Tokens",
    "audio_output": "Audio Output Tokens",
}
"""What is metered, by the kind of tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meter:
    """One thing that is priced."""

    name: str
    consumed: Decimal
    unit: str
    quantity: Decimal
    """In pricing units."""
    pricing_unit: str
    price: Decimal
    """The list price of a pricing unit."""
    discount: Decimal = Decimal(0)

    @property
    def weight(self) -> Fraction:
        """What it comes to at list prices."""
        return Fraction(self.price) * Fraction(self.quantity)


def metered(group: Group, rates: RateCard | None) -> tuple[Meter, ...]:
    """What the day's requests are priced by; the day as a whole where no price is known for its parts."""
    found = tuple(_meters(group, rates)) if rates else ()
    if not found or (group.cost and not any(one.weight for one in found)):
        return (_whole(group),)
    return found


def shared(total: int, weights: Sequence[Fraction]) -> list[int]:
    """A whole number in parts by weight, none of it lost; equal parts where nothing has a weight."""
    known = weights if any(weights) else [Fraction(1)] * len(weights)
    upto, parts, whole = Fraction(0), [], sum(known, Fraction(0))
    for weight in known:
        parts.append(round(total * (upto + weight) / whole) - round(total * upto / whole))
        upto += weight
    return parts


def _meters(group: Group, rates: RateCard) -> Iterator[Meter]:
    tariff = rates.service_tiers.get(group.tier or "", rates)
    for kind, tokens in group.usage.by_kind().items():
        price = _price(tariff, kind)
        if tokens and price is not None:
            consumed = Decimal(tokens)
            yield Meter(
                name=METERS[kind],
                consumed=consumed,
                unit="Tokens",
                quantity=consumed / MILLION,
                pricing_unit="1000000 Tokens",
                price=price,
                discount=rates.discount,
            )
    if rates.per_request:
        yield _plain("Requests", Decimal(group.requests), rates.per_request, rates.discount)
    if rates.per_second:
        yield _plain("Seconds", round(group.seconds, 6), rates.per_second, Decimal(0))


def _price(rates: Rates, kind: str) -> Decimal | None:
    """The kind's own rate, or its parent's; audio may have none."""
    found: Iterator[Decimal | None] = (getattr(rates, name) for name in PARENTS[kind])
    return next((rate for rate in found if rate is not None), None)


def _plain(unit: str, quantity: Decimal, price: Decimal, discount: Decimal) -> Meter:
    return Meter(
        name=unit,
        consumed=quantity,
        unit=unit,
        quantity=quantity,
        pricing_unit=unit,
        price=price,
        discount=discount,
    )


def _whole(group: Group) -> Meter:
    return Meter(
        name="Requests",
        consumed=Decimal(group.requests),
        unit="Requests",
        quantity=Decimal(1),
        pricing_unit="Days",
        price=usd(group.cost),
    )
