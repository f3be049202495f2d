"""The servers of each provider, and which of them is asked next."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from routergate.dispatch.breaker import Circuits, State, Target
from routergate.dispatch.capacity import Server
from routergate.dispatch.outliers import Outliers
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.ports import Capacity, Probe, Provider

TOLERATED = 2.0
REMEMBERED = 30.0
"""Seconds after which a server that was slow may be quick again."""
WEIGHT = 0.2
"""Of the latest answer in a mean."""


class Balance(StrEnum):
    """How one of a provider's servers is chosen."""

    LEAST_OUTSTANDING = "least_outstanding"
    """The one with the fewest running calls for its weight."""
    LATENCY = "latency"
    """The one that is expected to begin first: running calls count as long as it usually takes to begin."""
    PREFIX = "prefix"
    """The one that had the conversation before, unless it is much fuller than the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replica:
    """One server of a provider."""

    provider: ProviderId
    name: str
    """One that no other replica of the provider has, whatever the process."""
    weight: float = 1.0
    """How much it takes in comparison with the others."""
    api: Provider
    balance: Balance = Balance.LEAST_OUTSTANDING
    """The same for all servers of a provider, as are those below."""
    capacity: Capacity | None = None
    """How its load is known; `None`: it tells nobody."""
    tolerated: float = TOLERATED
    """Seconds that a request may wait in its queue before other models are asked."""
    probe: Probe | None = None
    """How it is asked whether it is well, where nobody else asks it; `None`: not at all."""
    probe_every: float = 0.0
    """Seconds."""
    outliers: Outliers | None = None
    """When it is late; `None`: never."""

    @property
    def server(self) -> Server:
        """By which it is known whatever the configuration."""
        return self.provider, self.name

    def target(self, model: ModelId) -> Target:
        """The model on this server."""
        return Target(self.provider, self.name, model)


Fleet: TypeAlias = Mapping[ProviderId, Sequence[Replica]]


def peers(fleet: Fleet, replica: Replica, model: ModelId) -> list[Target]:
    """The same model on the other servers of a provider."""
    return [one.target(model) for one in fleet[replica.provider] if one.name != replica.name]


@dataclass(slots=True)
class Loads:
    """What each server is working on, how much it was given so far, and how soon it begins."""

    _running: Counter[Replica] = field(default_factory=Counter)
    _given: dict[Replica, float] = field(default_factory=dict)
    _level: float = 0.0
    """Of the last one that was given something: who was away does not have to catch up."""
    _paces: dict[Replica, tuple[float, float]] = field(default_factory=dict)
    """Seconds to the beginning of an answer, and when that was last seen."""

    def begin(self, replica: Replica) -> None:
        """A call to it begins."""
        self._running[replica] += 1
        self._level = max(self._given.get(replica, 0.0), self._level)
        self._given[replica] = self._level + 1 / replica.weight

    def answered(self, replica: Replica, seconds: float, now: float) -> None:
        """An answer of it has begun, so long after it was asked."""
        usual = self.pace(replica, now)
        mean = seconds if usual is None else usual + WEIGHT * (seconds - usual)
        self._paces[replica] = mean, now

    def end(self, replica: Replica) -> None:
        """A call to it is over."""
        self._running[replica] -= 1

    def running(self, replica: Replica) -> int:
        """Calls that it is working on."""
        return self._running[replica]

    def given(self, replica: Replica) -> float:
        """How much it was given so far: of those alike, it is the turn of the one with the least."""
        return self._given.get(replica, 0.0)

    def pace(self, replica: Replica, now: float) -> float | None:
        """Seconds that it usually takes to begin; `None`: it has not been asked of late."""
        mean, seen = self._paces.get(replica, (None, now))
        return mean if now - seen <= REMEMBERED else None


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


def unwell(fleet: Fleet, circuits: Circuits) -> frozenset[ModelId]:
    """The models that no server has a closed circuit for, whether one may be asked by now or not."""
    awry = {target for target, _ in circuits.awry()}
    return frozenset(
        target.model
        for target in awry
        if target.provider in fleet
        and all(replica.target(target.model) in awry for replica in fleet[target.provider])
    )


def states(fleet: Fleet, circuits: Circuits, now: float) -> dict[ProviderId, State]:
    """The worst state of each provider's circuits."""
    worst = dict.fromkeys(fleet, State.CLOSED)
    for target, circuit in circuits.awry():
        if target.provider in worst:
            worst[target.provider] = max(worst[target.provider], circuit.state(now))
    return worst
