"""What becomes of a comparison if it turns out otherwise: more or fewer requests, cheaper APIs."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from routergate.economics.breakeven import Comparison, monthly_saving

HORIZON = 120
"""Months after which nobody waits for a payback any more."""
VOLUMES = (Decimal("0.5"), Decimal(1), Decimal("1.5"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One turn that things may take."""

    volume: Decimal
    """Times the requests of now."""
    decline: Decimal
    """The share by which the API gets cheaper each month."""
    saving: Decimal
    """Of the first month, dollars."""
    payback: Decimal | None
    """Months; `None`: never, or not within ten years."""


def cases(it: Comparison, requests: Decimal, decline: Decimal) -> Iterator[Case]:
    """With half as many requests, as many, and half as many again; at steady and at falling prices."""
    for falling in dict.fromkeys((Decimal(0), decline)):
        for volume in VOLUMES:
            yield Case(
                volume=volume,
                decline=falling,
                saving=monthly_saving(it, requests * volume),
                payback=payback(it, requests * volume, falling),
            )


def payback(it: Comparison, requests: Decimal, decline: Decimal = Decimal(0)) -> Decimal | None:
    """Months until the savings have paid the beginning, while the API gets cheaper each month."""
    left, price = it.upfront, it.api_per_request
    for month in range(HORIZON):
        saving = monthly_saving(replace(it, api_per_request=price), requests)
        if saving <= 0:
            return None
        if left <= saving:
            return month + left / saving
        left, price = left - saving, price * (1 - decline)
    return None
