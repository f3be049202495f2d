"""What a request holds before it is sent, and what it is charged in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from routergate.domain.budget import Budget, Limit, Measure, Scope


class Kind(StrEnum):
    """How a counter counts."""

    WINDOW = "w"
    """Spent and held, within a window of the calendar."""
    SLIDING = "s"
    """In buckets of time, of which the old ones fall away."""
    RUNNING = "r"
    """Held only: what runs at the moment."""


BUCKETS = 60
"""Into how many a sliding window is divided."""
KEPT_BUCKETS = BUCKETS + 1
"""The one that is being filled, and as many before it as make a whole window. The oldest counts in full until
all of it is out of the window: the limit is never passed, and a sixtieth of the window comes back late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """One number that budgets and limits share."""

    scope: Scope
    value: str
    """The team's, customer's … name."""
    measure: Measure
    kind: Kind
    window: str
    """`day`, `month` …; of a sliding window its seconds; nothing where there is none."""
    label: str
    """Which of the windows: `2026-11-21`, `2026-11` …"""
    seconds: int = 0
    """How long a sliding window is."""
    resets: int | None = None
    """When the window ends, seconds since the epoch; `None`: never, or not at one instant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is asked of one counter."""

    counter: Counter
    amount: int
    rule: Budget | Limit
    """The tightest of those that watch the counter, of the enforced ones if there are any."""
    enforced: bool
    """Whether the limit holds this request back."""
    soft: tuple[int, ...] = ()
    """Amounts at which somebody is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a counter stands."""

    spent: int
    """By what has ended; in a sliding window, by all."""
    held: int
    """By what runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """All lines are held."""

    standings: Sequence[Standing]
    """One per line, with the request in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Denied:
    """Nothing is held, or no more than before, because of one line."""

    line: Line
    standing: Standing
    """Without the request."""
    wait: float
    """Seconds until it may fit in a sliding window; 0 where that cannot be told."""


Reply = Granted | Denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a request adds to one counter in the end."""

    counter: Counter
    amount: int
    soft: tuple[int, ...] = ()
    """Amounts at which somebody is told."""
