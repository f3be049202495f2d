"""An organisation's stream of events, read by entry id."""

from collections.abc import AsyncIterator

import msgspec

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.names import events_key
from routergate.ledger.record import EventRow, decode
from routergate.store.client import Store

PAGE = 1000
"""Entries in one round trip: about a megabyte."""
Entry = tuple[str, EventRow]
"""A row, and the id under which it stands in the stream."""


async def entries(
    store: Store, organisation: str, start: str = "-", until: str = "+"
) -> AsyncIterator[Entry]:
    """What stands in the stream from `start` (an entry, or `behind` one) up to and with `until`."""
    key = events_key(organisation)
    while page := await store.call("XRANGE", key, start, until, "COUNT", PAGE):
        for one in page:
            yield _entry(key, *one)
        start = behind(page[-1][0].decode())


def behind(entry: str) -> str:
    """The start of a range that begins with the next entry."""
    return f"({entry}"


async def following(store: Store, organisation: str, after: str, limit: int) -> list[Entry]:
    """What stands behind `after`: at most `limit` entries."""
    found: list[Entry] = []
    key = events_key(organisation)
    while left := limit - len(found):
        page = await store.call("XRANGE", key, behind(after), "+", "COUNT", min(left, PAGE))
        if not page:
            break
        found += (_entry(key, *one) for one in page)
        after = found[-1][0]
    return found


async def forget(store: Store, organisation: str, until: str) -> None:
    """Remove the entries up to and with `until`."""
    time, _, count = until.partition("-")
    await store.call("XTRIM", events_key(organisation), "MINID", f"{time}-{int(count) + 1}")


def _entry(key: str, entry: bytes, fields: dict[bytes, bytes]) -> Entry:
    return entry.decode(), _row(key, entry.decode(), fields)


def _row(key: str, entry: str, fields: dict[bytes, bytes]) -> EventRow:
    try:
        return decode(fields[b"event"])
    except (KeyError, msgspec.MsgspecError) as error:
        raise LedgerUnusable(
            f"Entry {entry} of {key} is no usage event that this version can read. It stays there, and so "
            "does all behind it: update RouterGate, or look at it and remove it (XDEL)."
        ) from error
