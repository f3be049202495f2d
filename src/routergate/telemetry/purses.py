"""How budgets stand, as metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import nan

from routergate.domain.money import NANOS_PER_USD
from routergate.telemetry.files import Labels, Slot
from routergate.telemetry.worth import BUDGET_LIMIT, BUDGET_RESERVED, BUDGET_RESETS, BUDGET_SPENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """A budget in money, in the window that runs. Nano-dollars."""

    limit: int
    spent: int
    reserved: int = 0
    resets: int | None = None
    """Seconds since the epoch; `None`: never."""


class PurseMetrics:
    """Of those that are declared for somebody by name."""

    def __init__(self, slot: Slot) -> None:
        self._limits, self._spent = slot.cells(BUDGET_LIMIT), slot.cells(BUDGET_SPENT)
        self._reserved, self._resets = slot.cells(BUDGET_RESERVED), slot.cells(BUDGET_RESETS)

    def show(self, purses: Mapping[Labels, Purse]) -> None:
        """How they stand now, by organisation, scope, name and window; there are no others."""
        for labels in {*purses, *self._limits}:
            one = purses.get(labels)
            self._limits[labels].set(one.limit / NANOS_PER_USD if one else nan)
            self._spent[labels].set(one.spent / NANOS_PER_USD if one else nan)
            self._reserved[labels].set(one.reserved / NANOS_PER_USD if one else nan)
            self._resets[labels].set(one.resets if one and one.resets is not None else nan)
