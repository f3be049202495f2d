"""Totals, read back from the store."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing
from datetime import date, timedelta
from itertools import islice
from typing import Any, TypeVar

from routergate.domain.totals import Total
from routergate.ledger.names import ORGANISATIONS, index_key, usage_key
from routergate.ledger.totals import read_totals
from routergate.store.client import Store

Item = TypeVar("Item")
PORTION = 64
"""Hashes in one round trip: enough to be quick, few enough not to keep other callers waiting."""


async def totals(
    store: Store, *, since: date, until: date, organisation: str | None = None, key: str | None = None
) -> list[Total]:
    """Every cell from day `since` to day `until`, both included; of all organisations and keys by default."""
    found: list[Total] = []
    async with aclosing(portions(store, (since, until), organisation, key)) as read:
        async for portion in read:
            found += portion
    return found


async def portions(
    store: Store, days: tuple[date, date], organisation: str | None = None, key: str | None = None
) -> AsyncGenerator[list[Total], None]:
    """The same cells, some at a time, read without holding up the event loop."""
    organisations = [organisation] if organisation is not None else sorted(await store.members(ORGANISATIONS))
    for name in organisations:
        places = [(day, key) for day in _days(*days)] if key else await used_keys(store, name, *days)
        for portion in _portions(places):
            replies = await store.together(
                [("HGETALL", usage_key(name, day.isoformat(), used)) for day, used in portion]
            )
            yield await asyncio.to_thread(_cells, name, portion, replies)


def _cells(organisation: str, places: Sequence[tuple[date, str]], replies: Sequence[Any]) -> list[Total]:
    pairs = zip(places, replies, strict=True)
    return [one for (day, used), fields in pairs for one in read_totals(organisation, day, used, fields)]


async def used_keys(store: Store, organisation: str, since: date, until: date) -> list[tuple[date, str]]:
    """The days and the keys that were used on them."""
    used: list[tuple[date, str]] = []
    for days in _portions(_days(since, until)):
        replies = await store.together(
            [("SMEMBERS", index_key(organisation, day.isoformat())) for day in days]
        )
        for day, keys in zip(days, replies, strict=True):
            used += ((day, key.decode()) for key in sorted(keys))
    return used


def _days(since: date, until: date) -> Iterator[date]:
    return (since + timedelta(days=n) for n in range((until - since).days + 1))


def _portions(items: Iterable[Item]) -> Iterator[list[Item]]:
    rest = iter(items)
    while portion := list(islice(rest, PORTION)):
        yield portion
