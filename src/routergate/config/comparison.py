"""Declared prices beside those of the price map, and the lines that would bring them up to date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from routergate.config.pricemap import look_up
from routergate.config.spec import Config, ProviderKind
from routergate.domain.model import ModelCard, ModelClass, RateCard
from routergate.domain.rates import RATES, Rates, Tariff

Lines = Iterator[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rate, in USD per million tokens, by both accounts; `None` where one of them does not give it."""

    rate: str
    """Its place in a rate card, such as `service_tiers.priority.input`."""
    declared: Decimal | None
    listed: Decimal | None

    @property
    def change(self) -> Decimal | None:
        """By how many per cent the listed rate is higher, to a tenth; `None` where that has no meaning."""
        if not self.declared or self.listed is None:
            return None
        return (100 * (self.listed - self.declared) / self.declared).quantize(Decimal("0.1"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One model's declared rates of a day, and the listed ones."""

    model: str
    start: date
    """From when on the declared rates are in force."""
    source: str | None
    """Which price map; `None` if it has no price for the model."""
    differences: tuple[Difference, ...]


def compare(config: Config, on: date) -> tuple[Comparison, ...]:
    """All models whose declared prices are in force on a day. Nobody lists the price of an own server."""
    return tuple(
        _comparison(card.id, rates, listed(config, card))
        for card in config.catalogue.models.values()
        if (rates := card.rates(on)) and rates.source == "declared" and not _own(config, card)
    )


def listed(config: Config, card: ModelCard) -> RateCard | None:
    """What the price map has for a model; nothing for one on the operator's own servers."""
    if _own(config, card):
        return None
    name = config.listed_as.get(card.id, card.upstream)
    listing = look_up(name, card.provider, _kind(config, card))
    return listing.rates if listing else None


def as_yaml(rates: RateCard, start: date, agreed: RateCard | None) -> str:
    """An item for a model's `prices`: those rates, with the discount, minimum and markup of before."""
    first, *others = _item(rates, start, agreed)
    return "\n".join([f"      - {first}", *(f"        {line}" for line in others)])


def _own(config: Config, card: ModelCard) -> bool:
    return card.model_class is ModelClass.SELF_HOSTED or _kind(config, card) is ProviderKind.VLLM


def _kind(config: Config, card: ModelCard) -> ProviderKind:
    return next(provider.kind for provider in config.providers if provider.id == card.provider)


def _comparison(model: str, declared: RateCard, found: RateCard | None) -> Comparison:
    ours, theirs = dict(_flat(declared)), dict(_flat(found)) if found else {}
    return Comparison(
        model=model,
        start=declared.start,
        source=found.source if found else None,
        differences=tuple(
            Difference(rate=rate, declared=ours.get(rate), listed=theirs.get(rate))
            for rate in {**ours, **theirs}
        ),
    )


def _flat(card: RateCard) -> Iterator[tuple[str, Decimal]]:
    yield from _flat_tariff("", card)
    if card.per_request:
        yield "per_request", card.per_request
    for name, tariff in card.service_tiers.items():
        yield from _flat_tariff(f"service_tiers.{name}.", tariff)


def _flat_tariff(place: str, tariff: Tariff) -> Iterator[tuple[str, Decimal]]:
    yield from ((f"{place}{rate}", dollars) for rate, dollars in _known(tariff))
    for tier in tariff.context_tiers:
        where = f"{place}context_tiers[{tier.above_input_tokens}]"
        yield from ((f"{where}.{rate}", dollars) for rate, dollars in _known(tier))


def _known(rates: Rates) -> Iterator[tuple[str, Decimal]]:
    found = ((rate, getattr(rates, rate)) for rate in RATES)
    return ((rate, dollars) for rate, dollars in found if dollars is not None)


def _item(rates: RateCard, start: date, agreed: RateCard | None) -> Lines:
    yield f"from: {start}"
    yield from _tariff_lines(rates)
    if rates.per_request:
        yield f"per_request: {rates.per_request:f}"
    if agreed and agreed.discount:
        yield f"discount: {agreed.discount:f}"
    if agreed and agreed.minimum:
        yield f"minimum: {agreed.minimum:f}"
    if agreed and agreed.markup:
        yield f"markup: {agreed.markup:f}"
    if rates.service_tiers:
        yield "service_tiers:"
    for name, tariff in rates.service_tiers.items():
        yield f"  {name}:"
        yield from (f"    {line}" for line in _tariff_lines(tariff))


def _tariff_lines(tariff: Tariff) -> Lines:
    yield from (f"{rate}: {dollars:f}" for rate, dollars in _known(tariff))
    if tariff.context_tiers:
        yield "context_tiers:"
    for tier in tariff.context_tiers:
        rates = ", ".join(f"{rate}: {dollars:f}" for rate, dollars in _known(tier))
        yield f"  - {{above_input_tokens: {tier.above_input_tokens}, {rates}}}"
