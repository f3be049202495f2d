"""What there is to tell of budgets, and who has been told how much of it."""

from collections.abc import Mapping, Sequence

from routergate.domain.alert import Alert, Told
from routergate.ledger.names import alerts_key, counter_of, told_key
from routergate.ledger.reader import PORTION
from routergate.store.client import Store

MOST = 100
"""Alerts of one organisation at a time."""
NEW, OLD = 3_600_000, 86_400_000
"""Milliseconds. Whoever is new hears of the last hour; of what is older than a day, nobody does."""


async def untold(store: Store, organisations: Sequence[str], listener: str, now: int) -> list[Alert]:
    """What `listener` has not been told, oldest first within each organisation; `now` in milliseconds."""
    found: list[Alert] = []
    for start in range(0, len(organisations), PORTION):
        portion = organisations[start : start + PORTION]
        told = await store.together([("HGET", told_key(name), listener) for name in portion])
        pages = await store.together(
            [
                ("XRANGE", alerts_key(name), _after(mark, now), "+", "COUNT", MOST)
                for name, mark in zip(portion, told, strict=True)
            ]
        )
        for name, page in zip(portion, pages, strict=True):
            found += (_alert(name, entry.decode(), fields) for entry, fields in page)
    return found


async def tell(store: Store, alert: Alert, listener: str) -> None:
    """From here on, `listener` has been told of this alert and of those before it."""
    await store.call("HSET", told_key(alert.organisation), listener, alert.id)


def _after(mark: bytes | None, now: int) -> str:
    if mark is None:
        return str(now - NEW)
    told = mark.decode()
    return f"({told}" if int(told.partition("-")[0]) >= now - OLD else str(now - OLD)


def _alert(organisation: str, entry: str, fields: Mapping[bytes, bytes]) -> Alert:
    return Alert(
        id=entry,
        at=int(entry.partition("-")[0]),
        organisation=organisation,
        what=Told(fields[b"what"].decode()),
        counter=counter_of(organisation, fields[b"counter"]),
        amount=int(fields[b"at"]),
        spent=int(fields[b"spent"]),
    )
