"""That a budget was passed or reached."""

from dataclasses import dataclass
from enum import StrEnum

from routergate.domain.reservation import Counter


class Told(StrEnum):
    """What an alert is about."""

    PASSED = "passed"
    """What is spent has come to a threshold, or to the limit."""
    REACHED = "reached"
    """A request found no room for the first time in this window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One thing that somebody is told of a budget."""

    id: str
    """Rises with time, within the organisation."""
    at: int
    """Milliseconds since the epoch."""
    organisation: str
    what: Told
    counter: Counter
    amount: int
    """The threshold or limit that it came to, nano-dollars or a count."""
    spent: int
