"""The last hour by the minute: once a minute one of all processes notes how the day stands."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec

from routergate.domain.errors import StoreUnavailable
from routergate.domain.money import usd_text
from routergate.domain.operator import ReportTooLarge
from routergate.office.sums import Sums
from routergate.office.view import View, instant
from routergate.store.client import Store

NOTES = "rg:live:{minutes}"
"""The list in the store, the newest first."""
MINUTE = 60
KEPT = 61
"""As many notes, so that there are as many differences as minutes in an hour."""


class Note(msgspec.Struct, frozen=True, array_like=True):
    """How the day stood."""

    at: int
    """Seconds since the epoch, a whole minute."""
    requests: int
    cost: int
    """Nano-dollars, as far as prices are known."""
    saved: int


async def keep(view: View) -> None:
    """Note every minute, for ever. A minute that could not be noted is in the next one."""
    while True:
        await asyncio.sleep(MINUTE - view.clock.epoch_ns() / 1e9 % MINUTE)
        with suppress(StoreUnavailable, ReportTooLarge):
            await note(view)


async def note(view: View) -> None:
    """Note how the day stands, unless somebody has in this minute."""
    at = view.clock.epoch_ns() // 1_000_000_000 // MINUTE * MINUTE
    if not await view.store.call("SET", f"{NOTES}:{at}", "", "NX", "EX", 2 * MINUTE):
        return
    sums = (await Sums(by=()).read(view.store, (view.today(), view.today()))).whole
    made = msgspec.json.encode(Note(at, sums.requests, sums.cost_nanos, sums.savings_nanos))
    await view.store.together(
        [("LPUSH", NOTES, made), ("LTRIM", NOTES, 0, KEPT - 1), ("EXPIRE", NOTES, KEPT * MINUTE)]
    )


async def series(store: Store) -> Sequence[Mapping[str, Any]]:
    """What came from each note to the next; a minute that was not noted is part of the one after it."""
    found = await store.call("LRANGE", NOTES, 0, KEPT - 1)
    notes = [msgspec.json.decode(one, type=Note) for one in reversed(found)]
    return list(_differences(sorted(notes, key=lambda one: one.at)))


def _differences(notes: Sequence[Note]) -> Iterator[Mapping[str, Any]]:
    for before, after in pairwise(notes):
        # A new day is counted from nothing.
        base = before if _day(before) == _day(after) else Note(before.at, 0, 0, 0)
        yield {
            "at": instant(datetime.fromtimestamp(after.at, UTC)),
            "seconds": after.at - before.at,
            "requests": after.requests - base.requests,
            "cost_usd": usd_text(after.cost - base.cost),
            "saved_usd": usd_text(after.saved - base.saved),
        }


def _day(one: Note) -> int:
    return one.at // 86_400
