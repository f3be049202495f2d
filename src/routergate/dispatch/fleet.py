"""The servers of each provider, and which of them is asked next."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from routergate.dispatch.breaker import Circuits, State, Target
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.ports import Provider


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replica:
    """One server of a provider."""

    provider: ProviderId
    name: str
    """One that no other replica of the provider has, whatever the process."""
    weight: float = 1.0
    """How much it takes in comparison with the others."""
    api: Provider

    def target(self, model: ModelId) -> Target:
        """The model on this server."""
        return Target(self.provider, self.name, model)


Fleet: TypeAlias = Mapping[ProviderId, Sequence[Replica]]


@dataclass(slots=True)
class Loads:
    """What each server is working on, and how much it was given so far."""

    _running: Counter[Replica] = field(default_factory=Counter)
    _given: dict[Replica, float] = field(default_factory=dict)
    _level: float = 0.0
    """Of the last one that was given something: who was away does not have to catch up."""

    def begin(self, replica: Replica) -> None:
        """A call to it begins."""
        self._running[replica] += 1
        self._level = max(self._given.get(replica, 0.0), self._level)
        self._given[replica] = self._level + 1 / replica.weight

    def end(self, replica: Replica) -> None:
        """A call to it is over."""
        self._running[replica] -= 1

    def least(self, replicas: Iterable[Replica]) -> Replica | None:
        """The one with the fewest running calls for its weight; of those alike, whose turn it is."""
        return min(replicas, key=self._load, default=None)

    def _load(self, replica: Replica) -> tuple[float, float]:
        return self._running[replica] / replica.weight, self._given.get(replica, 0.0)


def admitted(
    fleet: Fleet, circuits: Circuits, card: ModelCard, silent: Collection[Replica], now: float
) -> list[Replica]:
    """The servers that may be asked for a model; `silent` are those that have let this request wait."""
    return [
        replica
        for replica in fleet[card.provider]
        if replica not in silent and circuits[replica.target(card.id)].admits(now)
    ]


def down(fleet: Fleet, circuits: Circuits, now: float) -> frozenset[ModelId]:
    """The models that no server may be asked for at the moment."""
    shut = {target for target, circuit in circuits.awry() if not circuit.admits(now)}
    return frozenset(
        target.model
        for target in shut
        if target.provider in fleet
        and all(replica.target(target.model) in shut for replica in fleet[target.provider])
    )


def states(fleet: Fleet, circuits: Circuits, now: float) -> dict[ProviderId, State]:
    """The worst state of each provider's circuits."""
    worst = dict.fromkeys(fleet, State.CLOSED)
    for target, circuit in circuits.awry():
        if target.provider in worst:
            worst[target.provider] = max(worst[target.provider], circuit.state(now))
    return worst
