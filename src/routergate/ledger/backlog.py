"""What waits in the store to be put into files."""

from typing import NamedTuple

from routergate.ledger.names import ORGANISATIONS, events_key
from routergate.store.client import Store

PORTION = 64
"""Organisations that are asked for in one round trip."""


class Backlog(NamedTuple):
    """Usage events that are in no file yet."""

    events: int = 0
    oldest: int | None = None
    """When the first of them was booked, milliseconds since the epoch; `None`: there is none."""


async def backlog(store: Store) -> Backlog:
    """Of all organisations; raises `StoreUnavailable`."""
    names = sorted(await store.members(ORGANISATIONS))
    events, booked = 0, []
    for start in range(0, len(names), PORTION):
        keys = [events_key(name) for name in names[start : start + PORTION]]
        replies = await store.together(
            [command for key in keys for command in (("XLEN", key), ("XRANGE", key, "-", "+", "COUNT", 1))]
        )
        events += sum(replies[::2])
        booked += [int(first[0][0].partition(b"-")[0]) for first in replies[1::2] if first]
    return Backlog(events, min(booked, default=None))
