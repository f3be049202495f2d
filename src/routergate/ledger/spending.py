"""What events charged to a budget's counter, against what the counter says; pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from routergate.domain.budget import Scope
from routergate.ledger.names import read_counter
from routergate.ledger.posting import IDLE, KEPT


@dataclass(frozen=True, slots=True, kw_only=True)
class Charged:
    """What events come to, and the last day (UTC) of them."""

    amount: int = 0
    last: str = ""

    def more(self, amount: int, day: str) -> "Charged":
        """With one event more."""
        return Charged(amount=self.amount + amount, last=max(self.last, day))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overcharge:
    """A counter of a budget that is not what its events come to."""

    organisation: str
    counter: str
    """Scope, name, measure, kind, window, and which of the windows, as a JSON list."""
    events: int
    counters: int

    def plain(self) -> dict[str, Any]:
        """For JSON: exact integers, nano-dollars or tokens or requests by the counter's measure."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spending:
    """The counters of budgets, compared."""

    compared: int = 0
    not_whole: int = 0
    """Counters that events of other days have charged, or of which the store says that they are forgotten."""
    differences: tuple[Overcharge, ...] = ()

    def __add__(self, other: "Spending") -> "Spending":
        return Spending(
            compared=self.compared + other.compared,
            not_whole=self.not_whole + other.not_whole,
            differences=self.differences + other.differences,
        )


def compared(
    organisation: str,
    name: str,
    charged: Charged,
    fields: Mapping[bytes, bytes],
    days: tuple[date, date],
    now: int,
) -> Spending:
    """One counter as the store has it, against the events of some days, both included; `now` in seconds."""
    if _elsewhere(fields, days) or (not fields and _forgotten(name, charged, now)):
        return Spending(not_whole=1)
    spent = int(fields.get(b"spent", 0))
    if spent == charged.amount:
        return Spending(compared=1)
    found = Overcharge(organisation=organisation, counter=name, events=charged.amount, counters=spent)
    return Spending(compared=1, differences=(found,))


def _elsewhere(fields: Mapping[bytes, bytes], days: tuple[date, date]) -> bool:
    """Whether events of other days have charged the counter too."""
    since, until = (day.isoformat().encode() for day in days)
    return fields.get(b"first", since) < since or fields.get(b"last", until) > until


def _forgotten(name: str, charged: Charged, now: int) -> bool:
    """Whether the store may have forgotten a counter that it does not have; else it was lost."""
    if not charged.last:
        return True
    kept = IDLE if read_counter(name).scope is Scope.SESSION else KEPT
    return datetime.fromisoformat(charged.last).replace(tzinfo=UTC).timestamp() + kept < now
