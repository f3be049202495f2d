"""The day so far, over all organisations: the same whichever process is asked."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from routergate.domain.totals import Measures
from routergate.office.minutes import series
from routergate.office.sums import Sums, dollars, told
from routergate.office.view import View, instant
from routergate.reporting.question import Dimension
from routergate.reporting.usage import UsageRow

FRESH = 1.0
"""Seconds for which what was read is told again: however many look, the store is asked no more often."""


@dataclass(slots=True)
class Live:
    """Reads the day's totals, once for all who ask at the same time."""

    view: View
    _read: Mapping[str, Any] = field(default_factory=dict)
    _at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def told(self) -> Mapping[str, Any]:
        """Sums since midnight (UTC); raises `ReportTooLarge` or `StoreUnavailable`."""
        async with self._turn:
            if self.view.clock.monotonic() - self._at >= FRESH:
                self._read = await self._summed()
                self._at = self.view.clock.monotonic()
            return self._read

    async def _summed(self) -> Mapping[str, Any]:
        now, today = self.view.now(), self.view.today()
        sums = await Sums(by=(Dimension.CLASS,)).read(self.view.store, (today, today))
        midnight = now.replace(hour=0, minute=0, second=0)
        return {
            "at": instant(now),
            "since": instant(midnight),
            **told(sums.whole),
            "series": await series(self.view.store),
            "by_class": {group[0]: _part(part) for group, part in sums.groups.items() if group[0]},
        }


def _part(sums: Measures) -> Mapping[str, Any]:
    row = UsageRow(group=(), measures=sums)
    return {"requests": sums.requests, "cost_usd": dollars(row.cost)}
