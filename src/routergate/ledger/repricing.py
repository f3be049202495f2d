"""What a booked row costs at the prices that a configuration has now; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from routergate.domain.event import UsageSource
from routergate.domain.model import ModelCard, ModelId
from routergate.domain.usage import KINDS, Usage
from routergate.economics.price import price
from routergate.ledger.record import EventRow
from routergate.ledger.totals import day_of

Models = Mapping[ModelId, ModelCard]
Costs = tuple[int | None, int | None]
"""Of the answer and of its baseline, in nano-dollars."""


class Left(StrEnum):
    """Why a row stays as it is booked, whatever the prices say."""

    RESERVED = "reserved"
    """It has what was set aside for a request whose gateway died."""
    MODEL = "model_not_configured"
    """The configuration has no such model of that provider."""
    TIER = "service_tier_not_recorded"
    """It is from before the service tier was written down."""
    TIME = "seconds_not_recorded"
    """The model is paid by the second, and nobody wrote down how many it took."""
    PRICE = "no_price"
    """The configuration has no price for it. A cost that is known is not made unknown."""


def anew(row: EventRow, models: Models) -> Costs | Left:
    """What the row would be booked at today, or why that is not for us to say."""
    usage, booked = _usage(row), (row.cost_nanos, row.baseline_cost_nanos)
    if row.model is None or usage is None:
        return booked
    if (why := _why_left(row, models)) is not None:
        return why
    asked, day = row.asked_tier or None, date.fromisoformat(day_of(row))
    answer = price(
        models[ModelId(row.model)], usage, day, told=row.service_tier, asked=asked, seconds=row.answer_seconds
    )
    cost = _with_rejected(row, answer)
    if cost is None and row.cost_nanos is not None:
        return Left.PRICE
    baseline = models.get(ModelId(row.baseline or ""))
    other = price(baseline, usage, day, asked=row.service_tier or asked) if baseline else None
    return cost, row.baseline_cost_nanos if other is None else other


def _with_rejected(row: EventRow, cost: int | None) -> int | None:
    """With the answers that were rejected, as they were booked: a row has too little to price them by."""
    paid = [cost, *(call.cost_nanos for call in row.attempts if call.input_tokens is not None)]
    known = [each for each in paid if each is not None]
    return sum(known) if len(known) == len(paid) else None


def _why_left(row: EventRow, models: Models) -> Left | None:
    card = models.get(ModelId(row.model or ""))
    if row.usage_source == UsageSource.RESERVED:
        return Left.RESERVED
    if card is None or card.provider != row.provider:
        return Left.MODEL
    if row.asked_tier is None:
        return Left.TIER
    rates = card.rates(date.fromisoformat(day_of(row)))
    if rates and rates.per_second and row.answer_seconds is None:
        return Left.TIME
    return None


def _usage(row: EventRow) -> Usage | None:
    """Rows from before a bucket have its tokens in another one."""
    if row.output is None:
        return None
    return Usage(**{kind: getattr(row, kind) or 0 for kind in KINDS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What other prices make of some rows, in nano-dollars. Unknown amounts are not in the sums."""

    rows: int = 0
    unpriced: int = 0
    """Of the rows: had no known cost before."""
    cost_before: int = 0
    cost_after: int = 0
    baseline_before: int = 0
    baseline_after: int = 0

    @classmethod
    def of(cls, row: EventRow, costs: Costs) -> "Change":
        """One row's."""
        return cls(
            rows=1,
            unpriced=int(row.cost_nanos is None),
            cost_before=row.cost_nanos or 0,
            cost_after=costs[0] or 0,
            baseline_before=row.baseline_cost_nanos or 0,
            baseline_after=costs[1] or 0,
        )

    def __add__(self, other: "Change") -> "Change":
        names = Change.__dataclass_fields__
        return Change(**{name: getattr(self, name) + getattr(other, name) for name in names})
