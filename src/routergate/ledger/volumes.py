"""How many requests each asset serves, learned day by day."""

from collections import Counter
from collections.abc import Mapping

from routergate.domain.asset import Volume
from routergate.ports import Volumes
from routergate.store.client import Store

KEY = "rg:volumes"
NANOS_PER_DAY = 86_400 * 1_000_000_000
WINDOW = 30
"""Days that are looked back on."""
MONTH = 30.436875
"""Days, on average."""

Days = Counter[int]
"""Requests by day since the epoch (UTC)."""


class LearnedVolumes:
    """What was seen, here and by those who `sync` on the same store."""

    def __init__(self) -> None:
        self._shared: dict[str, Days] = {}
        self._new: dict[str, Days] = {}
        self._known: dict[tuple[str, int], Volume] = {}
        """By model and day, until the next `sync`: every decision asks."""

    def of(self, model: str, at: int) -> Volume:
        """By the last thirty whole days, or as many as there were since the first request."""
        today = at // NANOS_PER_DAY
        known = self._known.get((model, today))
        if known is None:
            days = self._shared.get(model, Days()) + self._new.get(model, Days())
            known = self._known[model, today] = _volume(days, today)
        return known

    def observe(self, model: str, at: int) -> None:
        """Count one request, without blocking and without raising."""
        self._new.setdefault(model, Days())[at // NANOS_PER_DAY] += 1

    async def sync(self, store: Store) -> None:
        """Add what is new to the store, and learn what others added.

        After `StoreUnavailable` the new is kept for the next time. If only the reply was lost it counts
        twice, which an expectation can bear: what is charged in the end is counted from the ledger.
        """
        sent = {model: Days(days) for model, days in self._new.items()}
        commands = [
            ("HINCRBY", KEY, f"{model}|{day}", requests)
            for model, days in sent.items()
            for day, requests in days.items()
        ]
        *_, fields = await store.together([*commands, ("HGETALL", KEY)])
        self._shared = _read(fields)
        for model, days in sent.items():
            self._new[model] -= days
        self._known.clear()


def _volume(days: Days, today: int) -> Volume:
    looked = min(WINDOW, today - min(days, default=today))
    lately = sum(days[today - n] for n in range(1, looked + 1))
    return Volume(monthly=round(lately * MONTH / looked) if lately else None, served=days.total())


def _read(fields: Mapping[bytes, bytes]) -> dict[str, Days]:
    found: dict[str, Days] = {}
    for field, requests in fields.items():
        model, _, day = field.decode().rpartition("|")
        found.setdefault(model, Days())[int(day)] = int(requests)
    return found


_: type[Volumes] = LearnedVolumes
