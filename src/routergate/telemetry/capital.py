"""Models as capital, as metrics."""

from collections.abc import Mapping
from dataclasses import dataclass

from routergate.domain.asset import FREE, NOTHING, Loaded
from routergate.domain.event import UsageEvent
from routergate.domain.money import NANOS_PER_USD, Nanos
from routergate.telemetry.files import Slot
from routergate.telemetry.worth import FIXED_COST, REPLACED_COST, SERVED, UNAMORTISED


@dataclass(frozen=True, slots=True, kw_only=True)
class Capital:
    """How a model stands that is an asset."""

    unamortised: Nanos = NOTHING
    hourly: Loaded = FREE
    """What an hour costs, asked or not."""
    served: int = 0


GONE = Capital()


class CapitalMetrics:
    """What assets are worth and cost, and what they replace."""

    def __init__(self, slot: Slot) -> None:
        self._unamortised, self._served = slot.cells(UNAMORTISED), slot.cells(SERVED)
        self._fixed = slot.cells(FIXED_COST)
        self._replaced = slot.cells(REPLACED_COST)

    def show(self, assets: Mapping[str, Capital]) -> None:
        """How they stand now; models that are none any more are worth and cost nothing."""
        for model in {*assets, *(name for (name,) in self._unamortised)}:
            one = assets.get(model, GONE)
            self._unamortised[(model,)].set(one.unamortised / NANOS_PER_USD)
            self._served[(model,)].set(one.served)
            for part in ("hosting", "maintenance", "depreciation"):
                self._fixed[model, part].set(getattr(one.hourly, part) / NANOS_PER_USD)
            self._replaced[(model,)].add(0)

    def count(self, event: UsageEvent) -> None:
        """One request's."""
        if event.card is not None and event.card.asset is not None and event.baseline_cost is not None:
            self._replaced[(event.card.id,)].add(event.baseline_cost / NANOS_PER_USD)
