"""What usage alone comes to under a plan: consumption → amounts, exact and not rounded yet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from routergate.domain.money import NANOS_PER_USD
from routergate.domain.plan import CostPlus, Plan, RateSheet, Tier, Tiers, Tokens, Unit
from routergate.domain.usage import Usage

MILLION = 1_000_000
PARENTS: dict[str, tuple[str, ...]] = {
    "input_uncached": ("input",),
    "cache_read": ("cache_read", "input"),
    "cache_write": ("cache_write", "input"),
    "cache_write_1h": ("cache_write_1h", "cache_write", "input"),
    "output": ("output",),
    "reasoning": ("reasoning", "output"),
    "audio_input": ("audio_input",),
    "audio_output": ("audio_output",),
}
"""The rates of a kind of tokens: the first that there is."""


class Unpriceable(ValueError):
    """A consumption that the plan does not say the price of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumption:
    """What a customer used of one route under one plan: the answered requests, as the ledger has them."""

    route: str
    requests: int = 0
    usage: Usage = field(default_factory=Usage)
    uncounted: int = 0
    """Requests of which nobody knows the tokens."""
    cost: int = 0
    """Nano-dollars on the plan's basis, of the requests that are not charged at the floor."""
    floored: int = 0
    """Requests that are charged at the floor."""
    unknown: int = 0
    """Requests of which nobody knows the cost on the plan's basis."""


class Kind(StrEnum):
    """What a line is for."""

    USAGE = "usage"
    INCLUDED = "included"
    SEATS = "seats"
    FEE = "fee"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A line before it is rounded."""

    kind: Kind
    what: str
    """Of which: the route and the kind of tokens, or the tier."""
    quantity: Fraction
    unit: str
    price: Decimal | None
    """Dollars for one unit; `None`: it has none."""
    dollars: Fraction


def times(kind: Kind, what: str, quantity: Fraction, unit: str, price: Decimal) -> Amount:
    """Quantity by price."""
    dollars = quantity * Fraction(price)
    return Amount(kind=kind, what=what, quantity=quantity, unit=unit, price=price, dollars=dollars)


def usage_amounts(plan: Plan, included: Fraction, used: Sequence[Consumption]) -> Iterator[Amount]:
    """What is used, and what of it is included.

    Raises `Unpriceable` where the cost or the tokens of a request, or the rate of a token, are not known.
    """
    match plan.usage:
        case CostPlus() as marked:
            yield from _less([_marked(marked, used)], included)
        case RateSheet() as sheet:
            _counted(used)
            yield from _less([line for cell in used for line in _by_rates(sheet, cell)], included)
        case Tiers() as tiers:
            yield from _tiered(tiers, used, included)
        case _:
            return


def _less(found: Sequence[Amount], included: Fraction) -> Iterator[Amount]:
    yield from found
    free = min(included, sum((each.dollars for each in found), Fraction(0)))
    yield Amount(kind=Kind.INCLUDED, what="", quantity=free, unit="USD of usage", price=None, dollars=-free)


def _marked(marked: CostPlus, used: Sequence[Consumption]) -> Amount:
    if unknown := sum(cell.unknown for cell in used):
        raise Unpriceable(f"nobody knows the {marked.basis} cost of {unknown:,} requests")
    requests = Fraction(sum(cell.requests for cell in used))
    cost = Fraction(sum(cell.cost for cell in used), NANOS_PER_USD)
    least = sum(cell.floored for cell in used) * Fraction(marked.floor)
    dollars = cost * (1 + Fraction(marked.markup)) + least
    return Amount(kind=Kind.USAGE, what="", quantity=requests, unit="requests", price=None, dollars=dollars)


def _counted(used: Sequence[Consumption]) -> None:
    if uncounted := sum(cell.uncounted for cell in used):
        raise Unpriceable(f"nobody knows the tokens of {uncounted:,} requests")


def _by_rates(sheet: RateSheet, cell: Consumption) -> Iterator[Amount]:
    rates = sheet.of(cell.route)
    if rates.per_request:
        yield times(Kind.USAGE, cell.route, Fraction(cell.requests), "requests", rates.per_request)
    for kind, tokens in cell.usage.by_kind().items():
        if tokens:
            price = _rate(rates, kind, cell.route)
            yield times(
                Kind.USAGE, f"{cell.route} {kind}", Fraction(tokens, MILLION), "million tokens", price
            )


def _rate(rates: Tokens, kind: str, route: str) -> Decimal:
    for name in PARENTS[kind]:
        rate: Decimal | None = getattr(rates, name)
        if rate is not None:
            return rate
    raise Unpriceable(f"the plan has no rate '{kind}', and route '{route}' was used with it")


def _tiered(tiers: Tiers, used: Sequence[Consumption], included: Fraction) -> Iterator[Amount]:
    if tiers.unit is Unit.TOKENS:
        _counted(used)
    units = sum(_units(tiers.unit, cell) for cell in used)
    free = min(included, Fraction(units))
    nothing = Fraction(0)
    yield Amount(kind=Kind.INCLUDED, what="", quantity=free, unit=tiers.unit, price=None, dollars=nothing)
    unit = tiers.unit.value if tiers.per == 1 else f"{tiers.per:,} {tiers.unit}"
    for step, quantity in _steps(tiers, units - free):
        yield times(Kind.USAGE, _reach(step), quantity / tiers.per, unit, step.price)


def _units(unit: Unit, cell: Consumption) -> int:
    return cell.requests if unit is Unit.REQUESTS else cell.usage.input_total + cell.usage.output_total


def _steps(tiers: Tiers, units: Fraction) -> Iterator[tuple[Tier, Fraction]]:
    """Units by the tier whose price each of them has."""
    if tiers.whole:
        yield next(step for step in tiers.steps if step.up_to is None or units <= step.up_to), units
        return
    below = Fraction(0)
    for step in tiers.steps:
        top = units if step.up_to is None else min(units, Fraction(step.up_to))
        yield step, max(top - below, Fraction(0))
        below = max(below, top)


def _reach(step: Tier) -> str:
    return "beyond" if step.up_to is None else f"up to {step.up_to:,}"
