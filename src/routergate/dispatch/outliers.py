"""Servers that begin their answers far later than they should. Told the time, in seconds."""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TypeAlias

from routergate.dispatch.breaker import Circuits, Target

LATEST = 20
"""Beginnings from which it is seen how soon a server begins; fewer show nothing."""
FRESH = 300.0
"""Seconds for which a beginning counts."""
MINUTE, HOUR = 60.0, 3600.0
ENOUGH = 10
"""Minutes of the last hour from which a server without peers is known well enough to have a usual pace."""

Series: TypeAlias = tuple[Target, bool]
"""The streamed answers of a model on a server, or the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outliers:
    """What it takes to be late, as an operator has it."""

    latency: float = 3.0
    """Times the time that it takes the others, or that it usually takes."""
    above: float = 1.0
    """Seconds to which nobody is late, however soon the others begin."""

    def late(self, seconds: float, usual: float | None) -> bool:
        """Whether an answer began late; not where nobody knows when it should have."""
        return usual is not None and seconds > max(self.latency * usual, self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The first word of one answer, or all of one that is not streamed."""

    target: Target
    peers: Sequence[Target]
    """The same model on the provider's other servers."""
    streamed: bool
    """The two are never compared: one that is not streamed begins when it is whole."""
    seconds: float
    """That it took."""
    at: float


@dataclass(slots=True)
class Pace:
    """How soon a model begins to answer on one server."""

    _latest: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=LATEST))
    _minutes: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=int(HOUR / MINUTE)))
    """How it stood, once a minute."""

    def note(self, seconds: float, now: float) -> None:
        """An answer has begun, after so long."""
        self._latest.append((now, seconds))
        recent = self.recent(now)
        if recent is not None and (not self._minutes or now - self._minutes[-1][0] >= MINUTE):
            self._minutes.append((now, recent))

    def recent(self, now: float) -> float | None:
        """Seconds that it takes of late; `None`: it was not asked often enough to know."""
        fresh = _within(FRESH, self._latest, now)
        return median(fresh) if len(fresh) == LATEST else None

    def usual(self, now: float) -> float | None:
        """Seconds that it took in the last hour; `None`: it is not known for long enough."""
        known = _within(HOUR, self._minutes, now)
        return median(known) if len(known) >= ENOUGH else None


@dataclass(slots=True)
class Paces:
    """Of every model on every server."""

    _known: dict[Series, Pace] = field(default_factory=dict)

    def late(self, one: Beginning, circuits: Circuits, outliers: Outliers) -> bool:
        """Note a beginning, and say whether it shows that its server is late.

        Of a server that rests, one beginning shows it; of any other, only if it is like most of the latest.
        """
        pace = self._of((one.target, one.streamed))
        pace.note(one.seconds, one.at)
        if one.seconds <= outliers.above:
            return False
        usual, recent = self._usual(one, circuits), pace.recent(one.at)
        rests = circuits[one.target].until is not None
        known = rests or (recent is not None and outliers.late(recent, usual))
        return known and outliers.late(one.seconds, usual)

    def _usual(self, one: Beginning, circuits: Circuits) -> float | None:
        """Seconds in which an answer should begin: those of the peers that do not rest.

        The last one of several that does not rest has nobody to be late by: somebody must answer.
        """
        if not one.peers:
            return self._of((one.target, one.streamed)).usual(one.at)
        awake = (peer for peer in one.peers if circuits[peer].until is None)
        paces = (self._of((peer, one.streamed)).recent(one.at) for peer in awake)
        known = [seconds for seconds in paces if seconds is not None]
        return median(known) if known else None

    def _of(self, series: Series) -> Pace:
        return self._known.setdefault(series, Pace())


def _within(seconds: float, seen: Iterable[tuple[float, float]], now: float) -> list[float]:
    return [one for at, one in seen if now - at <= seconds]
