"""What a feature or a customer earns, as declared or as posted."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from routergate.domain.money import Nanos


class Per(StrEnum):
    """What an amount is earned for."""

    REQUEST = "request"
    OUTCOME = "outcome"
    """A request that was answered."""
    SEAT = "seat"
    """A seat for a month of the calendar, in proportion for a part of one."""
    PERIOD = "month"
    """A month of the calendar, in proportion for a part of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """One source of it."""

    usd: Decimal
    per: Per
    feature: str | None = None
    customer: str | None = None
    seats: int = 1
    start: date | None = None
    """The first day (UTC) on which it is earned."""
    end: date | None = None
    """The last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Revenue as it was posted: an amount of some days, once."""

    id: str
    """The poster's own: posted again under it, it counts once."""
    amount: Nanos
    """Of all days together; negative: it is given back."""
    first: date
    last: date
    feature: str | None = None
    customer: str | None = None
    note: str | None = None

    @property
    def days(self) -> int:
        """How many it is earned on."""
        return (self.last - self.first).days + 1
