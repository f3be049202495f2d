"""Circuit breakers: which server fails to serve which model, and when it is tried again. Told the time."""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum, IntEnum, StrEnum
from typing import NamedTuple

from routergate.domain.model import ModelId, ProviderId


class Target(NamedTuple):
    """One model on one server: what a circuit stands before."""

    provider: ProviderId
    replica: str
    model: ModelId


class State(IntEnum):
    """Of a circuit; the worse, the higher."""

    CLOSED = 0
    HALF_OPEN = 1
    """It rested; one call at a time finds out whether it is well again."""
    OPEN = 2


class Entry(Enum):
    """In which state of the circuit a call began."""

    PLAIN = "closed"
    PROBE = "half-open, as the one that finds out"
    FORCED = "passed over, but there was nobody else"


class Cause(StrEnum):
    """Why a closed circuit was opened."""

    FAILURES = "failures"
    LATE = "late"
    """Its answers begin far later than they should."""
    ASKED = "asked"
    """The provider wants to be left alone."""
    SPENT = "spent"
    """It has answered, and has no more to give for now."""
    PROBE = "probe"
    """Somebody looked at the server, and it was not well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """What it takes to be passed over, and for how long that is. Times in seconds."""

    row: int = 5
    """Failures in a row."""
    share: float = 0.5
    """Of failures among the calls of the last `window`, if those were `calls` or more."""
    calls: int = 20
    window: float = 30.0
    rest: float = 1.0
    """The first time. It doubles as long as probes fail, or the next failures follow soon."""
    longest: float = 15.0
    throttled: float = 60.0
    """The longest rest that a provider gets by asking for it."""


LOOKED = 2.0
"""Seconds that a rest goes on at least when a look at the server shows that it is not well."""
KEPT = 100
"""Calls that are kept to find the share of failures."""


@dataclass(slots=True)
class Circuit:
    """The breaker before one target."""

    tolerance: Tolerance
    until: float | None = None
    """When the rest ends; `None`: the circuit is closed."""
    wished: bool = False
    """Whether the provider asked for the rest."""
    changed: float = float("-inf")
    """When it was last opened or closed, by what was seen here or elsewhere."""
    news: bool = False
    """Whether that was seen here, and others do not know it yet."""
    opened: Counter[Cause] = field(default_factory=Counter)
    """How often it was opened by what was seen here."""
    _probing: bool = False
    _proving: bool = False
    """Whether it was closed again, and no answer has come to its end since."""
    _rests: int = 0
    _row: int = 0
    _seen: deque[tuple[float, bool]] = field(default_factory=lambda: deque(maxlen=KEPT))

    def state(self, now: float) -> State:
        """Closed, half-open or open."""
        if self.until is None:
            return State.CLOSED
        return State.OPEN if now < self.until else State.HALF_OPEN

    def admits(self, now: float) -> bool:
        """Whether a call may go through; half-open, only one at a time."""
        return self.until is None or (now >= self.until and not self._probing)

    def wish_left(self, now: float) -> float:
        """Seconds for which the provider wants to be left alone."""
        return max(self.until - now, 0.0) if self.wished and self.until is not None else 0.0

    def enter(self, now: float) -> Entry:
        """A call begins; every one must `leave`."""
        if self.until is None:
            return Entry.PLAIN
        if not self.admits(now):
            return Entry.FORCED
        self._probing = True
        return Entry.PROBE

    def leave(self, entry: Entry) -> None:
        """A call is over, however it ended."""
        if entry is Entry.PROBE:
            self._probing = False

    def answered(self, entry: Entry, now: float, *, late: bool = False) -> None:
        """An answer has begun; if it was asked for in spite of the circuit, that is closed again.

        `late`: it shows that the server is far slower than others, and rests as if it had failed.
        """
        if late:
            self._worse(entry, now, Cause.LATE)
        elif self.until is not None and entry is not Entry.PLAIN:
            self._turn(None, now)
            self._proving = True

    def completed(self, now: float) -> None:
        """An answer has come to its end."""
        self._row, self._proving = 0, False
        self._seen.append((now, True))

    def ended(self, entry: Entry, now: float, *, well: bool) -> None:
        """An answer has come to its end, whole; not `well`: there was nothing in it."""
        if well:
            self.completed(now)
        else:
            self.failed(entry, now)

    def failed(self, entry: Entry, now: float, retry_after: float | None = None) -> None:
        """A call has failed, before its answer or in it; the provider may have asked to be left alone."""
        self._row += 1
        self._seen.append((now, False))
        if retry_after is not None:
            self._count(Cause.ASKED)
            self._turn(now + min(retry_after, self.tolerance.throttled), now, wished=True)
        elif self.until is not None or self._too_much(now):
            self._worse(entry, now, Cause.FAILURES)

    def spent(self, seconds: float, now: float) -> None:
        """The server has answered, and says that it has nothing more to give for so long."""
        if self.until is None:
            self._count(Cause.SPENT)
            self._turn(now + min(seconds, self.tolerance.throttled), now)

    def quiet(self, seconds: float, now: float) -> bool:
        """Whether nobody has asked for so long, or may ask; not if the provider wants to be left alone."""
        if self.until is not None:
            return not (self.wished or self._probing)
        last = self._seen[-1][0] if self._seen else self.changed
        return now - max(last, self.changed) >= seconds

    def looked(self, *, well: bool, now: float) -> None:
        """Somebody has looked at the server without asking for an answer.

        If it is not well it rests, and costs nobody a call. If it is, its first rest is over: then a call
        finds out whether it answers, too. If it does not, what the server says of itself counts no more.
        """
        if self.until is None and not well:
            self._open(now, Cause.PROBE)
        if self.until is not None and not well:
            self.until = now + max(self._rest(), LOOKED)
        elif self.until is not None and self._rests <= 1:
            self.until = min(self.until, now)

    def hear(self, until: float | None, changed: float, *, wished: bool = False) -> None:
        """What another process has seen; the latest word counts."""
        if changed > self.changed:
            self._turn(until, changed, wished=wished)
            self.news = False

    def _worse(self, entry: Entry, now: float, cause: Cause) -> None:
        """Open it; if it was, only what its one probe found makes it rest anew, and longer."""
        if self.until is None:
            self._open(now, cause)
        elif entry is Entry.PROBE:
            self._rests += 1
            self._turn(now + self._rest(), now)

    def _open(self, now: float, cause: Cause) -> None:
        self._count(cause)
        self._rests = self._rests + 1 if now - self.changed < self.tolerance.longest else 1
        self._turn(now + self._rest(), now)

    def _count(self, cause: Cause) -> None:
        if self.until is None:
            self.opened[cause] += 1

    def _turn(self, until: float | None, now: float, *, wished: bool = False) -> None:
        self.until, self.wished, self.changed, self.news = until, wished, now, True
        self._probing, self._proving, self._row = False, False, 0
        self._seen.clear()

    def _too_much(self, now: float) -> bool:
        asked = [well for at, well in self._seen if now - at <= self.tolerance.window]
        failures = asked.count(False)
        enough = len(asked) >= self.tolerance.calls
        return (
            self._proving
            or self._row >= self.tolerance.row
            or (enough and failures >= self.tolerance.share * len(asked))
        )

    def _rest(self) -> float:
        # Beyond the eighth, doubling changes nothing but the size of the number.
        return min(self.tolerance.rest * 2.0 ** min(self._rests - 1, 8), self.tolerance.longest)


@dataclass(slots=True)
class Circuits:
    """Every circuit of a process."""

    tolerance: Tolerance = field(default_factory=Tolerance)
    _by_target: dict[Target, Circuit] = field(default_factory=dict)

    def __getitem__(self, target: Target) -> Circuit:
        """The circuit before `target`; a closed one, if nobody has asked it yet."""
        if (known := self._by_target.get(target)) is None:
            known = self._by_target[target] = Circuit(self.tolerance)
        return known

    def __iter__(self) -> Iterator[tuple[Target, Circuit]]:
        """All that there are."""
        return iter(self._by_target.items())

    def opened(self) -> Counter[tuple[ProviderId, Cause]]:
        """How often those of each provider were opened by what was seen here."""
        found: Counter[tuple[ProviderId, Cause]] = Counter()
        for target, circuit in self:
            for cause, times in circuit.opened.items():
                found[target.provider, cause] += times
        return found

    def awry(self) -> list[tuple[Target, Circuit]]:
        """Those that are not closed."""
        return [(target, circuit) for target, circuit in self if circuit.until is not None]
