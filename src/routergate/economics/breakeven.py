"""A model of one's own against one that is paid by the request: from when on it pays."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two ways to serve the same requests. Dollars; requests per month."""

    fixed_per_month: Decimal
    """Of the own model."""
    own_per_request: Decimal
    api_per_request: Decimal
    capacity: Decimal | None = None
    """How many requests the own model can serve; `None`: more than there are."""
    upfront: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """The requests per month from which on the own model is cheaper, or why there are none."""

    requests: Decimal | None
    why_not: str | None = None


def break_even(it: Comparison) -> BreakEven:
    """Fixed cost over what each request saves, if the model can serve as many."""
    saved = it.api_per_request - it.own_per_request
    if saved <= 0:
        return BreakEven(
            requests=None, why_not="a request of the own model costs as much as one of the API, or more"
        )
    needed = it.fixed_per_month / saved
    if it.capacity is not None and needed > it.capacity:
        return BreakEven(
            requests=None,
            why_not=f"it would take {needed:,.0f} requests a month, and there is room for {it.capacity:,.0f}",
        )
    return BreakEven(requests=needed)


def monthly_saving(it: Comparison, requests: Decimal) -> Decimal:
    """What a month of `requests` costs less; those beyond the capacity stay with the API and save nothing."""
    own = requests if it.capacity is None else min(requests, it.capacity)
    return own * (it.api_per_request - it.own_per_request) - it.fixed_per_month


def payback_months(it: Comparison, requests: Decimal) -> Decimal | None:
    """Until the savings have paid what was spent at the beginning; `None`: never."""
    saving = monthly_saving(it, requests)
    return it.upfront / saving if saving > 0 else None
