"""All reports together, as the admin API asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from routergate.office import portfolio
from routergate.office.events import Events
from routergate.office.live import Live
from routergate.office.quality import Quality
from routergate.office.spend import spend
from routergate.office.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenBooks:
    """What was asked of the gateway, and what it cost."""

    view: View
    day: Live
    single: Events
    worth: Quality

    async def live(self) -> Mapping[str, Any]:
        """The day so far, all organisations together."""
        return await self.day.told()

    async def spend(
        self, days: tuple[date, date], by: Sequence[str], where: Mapping[str, str]
    ) -> Mapping[str, Any]:
        """What some days' requests come to, grouped."""
        return await spend(self.view.store, days, by, where)

    async def events(
        self, days: tuple[date, date], where: Mapping[str, str], after: str | None, most: int
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        """Single requests, the newest first."""
        return await self.single.page(days, where, after, most)

    async def event(self, decision_id: str, organisation: str | None) -> Mapping[str, Any]:
        """One of them, with what it was decided on."""
        return await self.single.one(decision_id, organisation)

    async def portfolio(self, days: tuple[date, date]) -> Mapping[str, Any]:
        """What models really cost."""
        return await portfolio.told(self.view, days)

    async def quality(self, days: tuple[date, date], organisation: str | None) -> Mapping[str, Any]:
        """What routes promise, and how good their models are held for and said to be."""
        return await self.worth.told(days, organisation)
