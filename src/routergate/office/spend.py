"""What some days' requests come to, grouped as asked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from routergate.domain.errors import InvalidRequest
from routergate.office.sums import Sums, told
from routergate.reporting.question import Dimension
from routergate.reporting.usage import TOTALLED, UsageRow, ordered
from routergate.store.client import Store


async def spend(
    store: Store, days: tuple[date, date], by: Sequence[str], where: Mapping[str, str]
) -> Mapping[str, Any]:
    """From the store's totals, which have what is not in the ledger's files yet, too."""
    conditions = {Dimension(name): value or None for name, value in where.items()}
    sums = await Sums(by=_dimensions(by), where=conditions).read(store, days)
    rows = ordered([UsageRow(group=group, measures=part) for group, part in sums.groups.items()], sums.by)
    since, until = days
    return {
        "object": "list",
        "since": since.isoformat(),
        "until": until.isoformat(),
        "data": [
            {**dict(zip(map(str, sums.by), row.group, strict=True)), **told(row.measures)} for row in rows
        ],
        "total": told(sums.whole),
        "next": None,
    }


def _dimensions(by: Sequence[str]) -> tuple[Dimension, ...]:
    known = {str(one): one for one in TOTALLED}
    if len(set(by)) < len(by) or not set(by) <= set(known):
        raise InvalidRequest(f"'by' takes any of {', '.join(TOTALLED)}, each once.", param="by")
    return tuple(known[name] for name in by)
