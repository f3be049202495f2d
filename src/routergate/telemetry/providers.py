"""How providers fare, as metrics."""

from collections import Counter
from collections.abc import Mapping
from math import nan

from routergate.dispatch.breaker import Cause
from routergate.dispatch.dispatch import Dispatcher
from routergate.domain.decision import Catalogue
from routergate.domain.model import ModelCard, ProviderId
from routergate.telemetry import wellness
from routergate.telemetry.files import Slot


class ProviderMetrics:
    """Which circuits opened, which models somebody serves, and what is under way."""

    def __init__(self, slot: Slot) -> None:
        self._circuits = slot.cells(wellness.CIRCUIT)
        self._opened = slot.cells(wellness.CIRCUITS_OPENED)
        self._up, self._info = slot.cells(wellness.MODEL_UP), slot.cells(wellness.MODEL_INFO)
        self._running = slot.cells(wellness.CALLS_RUNNING)
        self._probes = slot.cells(wellness.PROBES)
        self._counted: Counter[tuple[ProviderId, Cause]] = Counter()

    def announce(self, catalogue: Catalogue) -> None:
        """Let the series of every provider begin at 0, and end those of models that are gone."""
        for provider in {card.provider for card in catalogue.models.values()}:
            self._circuits[(provider,)].add(0)
            for cause in Cause:
                self._opened[provider, cause].add(0)
        declared = {_info(card) for card in catalogue.models.values()}
        for labels in {*declared, *self._info}:
            self._info[labels].set(1 if labels in declared else nan)

    def looked(self, provider: ProviderId, well: bool) -> None:
        """Somebody has looked at a server, without raising."""
        self._probes[provider, "well" if well else "unwell"].add()

    def show(self, dispatcher: Dispatcher, catalogue: Catalogue, now: float) -> None:
        """How all of them fare now."""
        self.circuits(dispatcher.states(now))
        self._count(dispatcher.experience.circuits.opened())
        for provider, replicas in dispatcher.fleet.items():
            self._running[(provider,)].set(sum(map(dispatcher.loads.running, replicas)))
        up = {(card.id, card.provider) for card in catalogue.models.values()}
        unwell = dispatcher.unwell()
        for labels in {*up, *self._up}:
            self._up[labels].set(nan if labels not in up else labels[0] not in unwell)

    def circuits(self, states: Mapping[ProviderId, int]) -> None:
        """How the circuits of each provider stand now; those of others are closed."""
        known = (ProviderId(name) for (name,) in self._circuits)
        for provider in {*states, *known}:
            self._circuits[(provider,)].set(states.get(provider, 0))

    def _count(self, opened: Counter[tuple[ProviderId, Cause]]) -> None:
        """What opened since this was last asked."""
        for labels, more in (opened - self._counted).items():
            self._opened[labels].add(more)
        self._counted = opened


def _info(card: ModelCard) -> tuple[str, str, str]:
    return card.id, card.provider, card.model_class
