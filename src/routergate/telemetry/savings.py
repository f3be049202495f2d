"""What routing saves, as metrics."""

from routergate.domain.event import UsageEvent
from routergate.domain.money import NANOS_PER_USD
from routergate.telemetry import table
from routergate.telemetry.files import Slot


class Savings:
    """What requests cost against what they would have cost at the baseline.

    `increase()` needs counters that never go down, so savings and losses are two of them. All three move
    only for requests whose two costs are known: baseline - savings + losses is what those requests cost.
    """

    def __init__(self, slot: Slot) -> None:
        self._baseline = slot.cells(table.BASELINE_COST)
        self._savings = slot.cells(table.SAVINGS)
        self._losses = slot.cells(table.LOSSES)
        self._uncompared = slot.cells(table.UNCOMPARED)

    def announce(self, route: str) -> None:
        for cells in (self._baseline, self._savings, self._losses, self._uncompared):
            cells[(route,)].add(0)

    def count(self, event: UsageEvent) -> None:
        route, saved = (event.route,), event.savings
        if event.baseline is None:
            return
        if saved is None or event.baseline_cost is None:
            self._uncompared[route].add()
            return
        self._baseline[route].add(event.baseline_cost / NANOS_PER_USD)
        self._savings[route].add(max(saved, 0) / NANOS_PER_USD)
        self._losses[route].add(max(-saved, 0) / NANOS_PER_USD)
