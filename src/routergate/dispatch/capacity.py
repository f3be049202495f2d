"""What servers said of their load, and what has become of it since. Told the time, in seconds."""

from dataclasses import dataclass, field, replace
from math import inf
from typing import TypeAlias

from routergate.domain.capacity import Load, Occupancy
from routergate.domain.model import ProviderId

STALE = 5.0
"""Seconds after which what a server said counts no more."""
WEIGHT = 0.3
"""Of the latest figure in a mean."""
BAND = 0.75
"""By how much a queue must fall, in tolerated waits, before anybody who left for it comes back."""

Server: TypeAlias = tuple[ProviderId, str]
"""One server by its provider and its name: both outlive a configuration."""


@dataclass(slots=True)
class Trend:
    """The latest mean of what a server tells only the totals of."""

    mean: float | None = None
    """`None`: nothing was told yet."""
    _total: float = 0.0
    _count: int = 0

    def follow(self, total: float | None, count: int | None) -> None:
        """The totals as they stand now; lower ones are those of a server that was started anew."""
        if total is None or count is None:
            return
        if count < self._count:
            self._total, self._count = 0.0, 0
        if count > self._count:
            latest = (total - self._total) / (count - self._count)
            self.mean = latest if self.mean is None else self.mean + WEIGHT * (latest - self.mean)
            self._total, self._count = total, count


@dataclass(slots=True)
class Gauge:
    """The load of one server."""

    said: Occupancy
    at: float
    ours: int
    """Calls of this process that it was working on then."""
    moved: float
    """When its queue was last seen to move, or not to be there."""
    service: Trend = field(default_factory=Trend)
    """Seconds that it takes for a request."""
    prefixes: Trend = field(default_factory=Trend)
    """Share of the tokens asked for that were in its prefix cache."""

    @property
    def others(self) -> int:
        """Requests on it that are not ours."""
        return max(self.said.running + self.said.waiting - self.ours, 0)

    @property
    def utilisation(self) -> float | None:
        """0 to 1; `None`: it has no queue, and does not say how full its cache is."""
        return 1.0 if self.said.waiting else self.said.cache

    def waiting(self, ours: int) -> int:
        """Requests that wait there now, if it works on so many of our calls."""
        return max(self.said.waiting + ours - self.ours, 0) if self.said.waiting else 0

    def wait(self, ours: int) -> float | None:
        """Seconds that one more request would wait; `None`: nobody knows how long requests take.

        They take at least as long as none has been done: those that take long are not in the mean yet.
        """
        if not (waiting := self.waiting(ours)):
            return 0.0
        if self.service.mean is None:
            return None
        return waiting * max(self.service.mean, self.at - self.moved) / max(self.said.running, 1)

    def hear(self, said: Occupancy, ours: int, now: float) -> None:
        """The server's latest word, while it works on so many of our calls."""
        if not said.waiting or said.answered != self.said.answered:
            self.moved = now
        self.said, self.at, self.ours = said, now, ours
        self.service.follow(said.seconds, said.answered)
        self.prefixes.follow(said.prefix_found, said.prefix_asked)

    def glance(self, load: Load, ours: int, now: float) -> None:
        """A part of that, told beside an answer: of the others' requests there are as many as before."""
        running = max(self.others + ours - load.waiting, 0)
        cache = self.said.cache if load.cache is None else load.cache
        self.hear(replace(self.said, running=running, waiting=load.waiting, cache=cache), ours, now)


@dataclass(slots=True)
class Gauges:
    """What all servers said."""

    _by_server: dict[Server, Gauge] = field(default_factory=dict)
    _levels: dict[ProviderId, float] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether any server ever said anything."""
        return bool(self._by_server)

    def hear(self, server: Server, said: Occupancy, ours: int, now: float) -> None:
        """What a server says while it works on so many of our calls."""
        self._by_server.setdefault(server, Gauge(said, now, ours, moved=now)).hear(said, ours, now)

    def glance(self, server: Server, load: Load, ours: int, now: float) -> None:
        """What a server says beside an answer, if it has told more than that of late."""
        if (gauge := self.of(server, now)) is not None:
            gauge.glance(load, ours, now)

    def of(self, server: Server, now: float) -> Gauge | None:
        """What a server said of late, if it said anything."""
        gauge = self._by_server.get(server)
        return None if gauge is None or now - gauge.at > STALE else gauge

    def level(self, provider: ProviderId, wait: float | None, tolerated: float) -> float:
        """Share of the conversations that are better answered elsewhere, where so many seconds are tolerated.

        It rises from none at the tolerated wait to all at twice that. It falls only after the queue has
        fallen by `BAND`: a queue that moves up and down a little sends nobody to and fro.
        """
        ratio = inf if wait is None else wait / tolerated
        before = self._levels.get(provider, 0.0)
        risen = min(max(before, ratio - 1), max(ratio - 1 + BAND, 0.0), 1.0)
        self._levels[provider] = risen
        return risen
