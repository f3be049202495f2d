"""Who is served and who waits before one provider. Told the time, in seconds."""

from collections import deque
from dataclasses import dataclass, field, replace
from math import ceil
from typing import TypeAlias

from routergate.domain.turn import Priority, Turn

RISES = 4
"""How often a request that waits as long as it may rises by one priority."""
WEIGHT = 0.2
"""Of the latest call in a mean."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """How much a provider takes at the same time."""

    concurrent: int
    """Calls."""
    queue: int
    """Requests that may wait for a place."""
    wait: float
    """Seconds that each of them may wait."""

    def __post_init__(self) -> None:
        if self.concurrent < 1 or self.queue < 0 or not self.wait > 0:
            raise ValueError(f"a provider takes at least one call, and waiting takes time: {self!r}")

    def shared(self, processes: int) -> "Places":
        """What one of several processes may take, which is at least one call."""
        return replace(
            self, concurrent=max(self.concurrent // processes, 1), queue=ceil(self.queue / processes)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """One that waits."""

    turn: Turn
    number: int
    """In the order of arrival."""
    since: float


Row: TypeAlias = tuple[str, Priority]
"""An organisation and a priority: within a row, whoever came first is first."""


@dataclass(slots=True)
class Line:
    """The line before one provider.

    Higher priorities go first; within a priority, organisations take turns. Whoever waits rises by one
    priority each time a fourth of the longest wait is over, so nobody is passed over for ever.
    """

    places: Places | None = None
    """`None`: there is always a place."""
    running: int = 0
    usual: float | None = None
    """Seconds that a call usually takes; `None`: none has ended yet."""
    _rows: dict[Row, deque[Ticket]] = field(default_factory=dict)
    _arrivals: int = 0
    _served: dict[str, int] = field(default_factory=dict)
    """When each organisation was called last, as a number that grows; only while anybody waits."""
    _calls: int = 0

    def __len__(self) -> int:
        """How many wait."""
        return sum(map(len, self._rows.values()))

    @property
    def free(self) -> bool:
        """Whether one more call may begin."""
        return self.places is None or self.running < self.places.concurrent

    def take(self) -> bool:
        """Take a place at once, past nobody."""
        if not self.free or self._rows:
            return False
        self.running += 1
        return True

    def join(self, turn: Turn, now: float) -> Ticket | None:
        """Wait for a place; `None`: too many do already."""
        if self.places is not None and len(self) >= self.places.queue:
            return None
        self._arrivals += 1
        ticket = Ticket(turn, self._arrivals, now)
        self._rows.setdefault(_row(ticket), deque()).append(ticket)
        return ticket

    def quit(self, ticket: Ticket) -> None:
        """Wait no longer."""
        row = self._rows[_row(ticket)]
        row.remove(ticket)
        if not row:
            del self._rows[_row(ticket)]
        if not self._rows:
            self._served.clear()

    def call(self, now: float) -> Ticket | None:
        """Give a place to whoever's turn it is; `None`: there is no place, or nobody waits."""
        if not self.free or not self._rows:
            return None
        ticket = min((row[0] for row in self._rows.values()), key=lambda first: self._order(first, now))
        self.running += 1
        self._calls += 1
        self._served[ticket.turn.organisation] = self._calls
        self.quit(ticket)
        return ticket

    def leave(self, seconds: float | None = None) -> None:
        """A place is free again; `seconds`: how long its call took, if there was one."""
        self.running -= 1
        if seconds is not None:
            before = seconds if self.usual is None else self.usual
            self.usual = before + WEIGHT * (seconds - before)

    def expected(self) -> float | None:
        """Seconds until all that wait now have places, and one more; `None`: one is free."""
        if self.places is None or (self.free and not self._rows):
            return None
        if self.usual is None:
            return self.places.wait
        return (len(self) + 1) * self.usual / self.places.concurrent

    def rank(self, ticket: Ticket, now: float) -> int:
        """Its priority, with what it has risen by waiting."""
        risen = 0 if self.places is None else int((now - ticket.since) * RISES / self.places.wait)
        return min(ticket.turn.priority.rank + risen, Priority.HIGH.rank)

    def _order(self, ticket: Ticket, now: float) -> tuple[int, int, int]:
        served = self._served.get(ticket.turn.organisation, 0)
        return -self.rank(ticket, now), served, ticket.number


def _row(ticket: Ticket) -> Row:
    return ticket.turn.organisation, ticket.turn.priority
