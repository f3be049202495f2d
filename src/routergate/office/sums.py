"""The store's totals of some days, by group, and how a group is told."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from routergate.domain.money import usd_text
from routergate.domain.operator import ReportTooLarge
from routergate.domain.totals import Measures, Total
from routergate.domain.usage import INPUTS, OUTPUTS
from routergate.ledger.reader import portions
from routergate.reporting.question import Dimension
from routergate.reporting.usage import UsageRow, value_of
from routergate.store.client import Store

PATIENCE = 30.0
"""Seconds that a report may take."""
MOST_GROUPS = 5_000
Group = tuple[str | None, ...]


@dataclass(slots=True, kw_only=True)
class Sums:
    """What totals come to, group by group."""

    by: Sequence[Dimension]
    where: Mapping[Dimension, str | None] = field(default_factory=dict)
    """`None`: those that have none."""
    groups: dict[Group, Measures] = field(default_factory=dict)

    def add(self, totals: Iterable[Total]) -> None:
        """Count these, as far as they are asked for; raises `ReportTooLarge`."""
        for total in totals:
            if all(value_of(total, name) == value for name, value in self.where.items()):
                group = tuple(value_of(total, one) for one in self.by)
                self.groups[group] = self.groups.get(group, Measures()) + total.measures
        if len(self.groups) > MOST_GROUPS:
            raise ReportTooLarge(
                f"There are more than {MOST_GROUPS:,} groups: ask for fewer days, group by less, or choose "
                "an organisation.",
                param="by",
            )

    async def read(self, store: Store, days: tuple[date, date]) -> "Sums":
        """Count what the store has of some days; raises `ReportTooLarge` or `StoreUnavailable`."""
        organisation, key = self.where.get(Dimension.ORGANISATION), self.where.get(Dimension.KEY)
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aclosing(portions(store, days, organisation, key)) as found,
            ):
                async for portion in found:
                    await asyncio.to_thread(self.add, portion)
        except TimeoutError:
            raise ReportTooLarge(
                f"It took longer than {PATIENCE:g} s: ask for fewer days, or choose an organisation."
            ) from None
        return self

    @property
    def whole(self) -> Measures:
        """All groups together."""
        return sum(self.groups.values(), Measures())


def told(sums: Measures) -> dict[str, Any]:
    """Requests, tokens and dollars, in JSON's terms; `None` where only unknown amounts were found."""
    row = UsageRow(group=(), measures=sums)
    return {
        "requests": sums.requests,
        "failed": sums.failed,
        "abandoned": sums.abandoned,
        "input_tokens": sum(getattr(sums, kind) for kind in INPUTS),
        "output_tokens": sum(getattr(sums, kind) for kind in OUTPUTS),
        "cost_usd": dollars(row.cost),
        "loaded_usd": dollars(row.loaded),
        "baseline_usd": dollars(row.baseline),
        "saved_usd": dollars(row.savings),
        "unpriced": sums.unpriced,
        "estimated": sums.estimated,
    }


def dollars(amount: int | None) -> str | None:
    """All digits; `None` stays so."""
    return None if amount is None else usd_text(amount)
