"""Looking after servers beside the requests: how full they are, and whether they are well."""

import asyncio
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from routergate.dispatch.breaker import Circuit, Circuits
from routergate.dispatch.capacity import Server
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Replica
from routergate.domain.model import ModelCard, ProviderId
from routergate.ports import Capacity, Clock, Probe

WHILE_OPEN = 1.0
"""Seconds from one look to the next at a server that is passed over, whatever its pace is otherwise."""


async def measure(dispatcher: Dispatcher, clock: Clock) -> None:
    """Ask all servers at once how full they are; the last word of those that say nothing counts a while."""

    async def ask(replica: Replica, capacity: Capacity) -> None:
        if (said := await capacity.occupancy()) is not None:
            ours, gauges = dispatcher.loads.running(replica), dispatcher.experience.gauges
            gauges.hear(replica.server, said, ours, clock.monotonic())

    await asyncio.gather(*(ask(one, one.capacity) for one in _all(dispatcher) if one.capacity))


@dataclass(slots=True)
class Rounds:
    """Looks at servers that nobody asks, one at a time for each."""

    told: Callable[[ProviderId, bool], None]
    """Is told of each look: at a server of whom, and whether it was well."""
    _last: dict[Server, float] = field(default_factory=dict)

    async def go(self, dispatcher: Dispatcher, cards: Collection[ModelCard], clock: Clock) -> None:
        """Look at those whose time has come, all at once; `cards` are the models that there are."""
        circuits, now = dispatcher.experience.circuits, clock.monotonic()
        due = [
            (one, one.probe, quiet)
            for one in _all(dispatcher)
            if one.probe and (quiet := self._due(one, _before(one, cards, circuits), now))
        ]
        await asyncio.gather(*(self._look(*each, clock) for each in due))

    def _due(self, replica: Replica, before: Iterable[Circuit], now: float) -> list[Circuit]:
        """The circuits that a look would tell something; none, if it is too early for one."""
        quiet = [one for one in before if one.quiet(replica.probe_every, now)]
        rests = any(one.until is not None for one in quiet)
        pace = min(replica.probe_every, WHILE_OPEN) if rests else replica.probe_every
        last = self._last.get(replica.server)
        return quiet if last is None or now - last >= pace else []

    async def _look(self, replica: Replica, probe: Probe, quiet: Iterable[Circuit], clock: Clock) -> None:
        self._last[replica.server] = clock.monotonic()
        well = await probe.well()
        self.told(replica.provider, well)
        for circuit in quiet:
            circuit.looked(well=well, now=clock.monotonic())


def _all(dispatcher: Dispatcher) -> Iterable[Replica]:
    return (replica for replicas in dispatcher.fleet.values() for replica in replicas)


def _before(replica: Replica, cards: Iterable[ModelCard], circuits: Circuits) -> list[Circuit]:
    """The circuits before a server: one for each of its provider's models."""
    return [circuits[replica.target(card.id)] for card in cards if card.provider == replica.provider]
