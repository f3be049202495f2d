"""The last hour by the minute."""

from pathlib import Path

from routergate.office.live import Live
from routergate.office.minutes import note
from routergate.store.client import Store
from support.events import an_event
from support.exports import settle
from support.ledgers import NOON
from support.office import a_view
from support.redis import HandClock

MINUTE = 60_000_000_000
LAST = 1_700_006_340 * 1_000_000_000
"""23:59 UTC of that day."""


async def test_what_came_in_each_minute_is_told(store: Store, tmp_path: Path) -> None:
    clock = HandClock(epoch=NOON)
    view = a_view(store, clock, tmp_path)
    for n in range(3):
        await note(view)
        await note(view)  # another process, in the same minute
        await settle(store, [an_event(id=f"{n}-{k}", at=clock.epoch) for k in range(n + 1)])
        clock.epoch += MINUTE
    await note(view)
    told = (await Live(view).told())["series"]
    assert [(one["requests"], one["cost_usd"], one["seconds"]) for one in told] == [
        (1, "0.002", 60),
        (2, "0.004", 60),
        (3, "0.006", 60),
    ]
    assert (told[0]["at"], told[0]["saved_usd"]) == ("2023-11-14T22:14:00Z", "0.008")


async def test_a_new_day_is_counted_from_nothing(store: Store, tmp_path: Path) -> None:
    clock = HandClock(epoch=LAST)
    view = a_view(store, clock, tmp_path)
    await settle(store, [an_event(id=f"old-{n}", at=LAST) for n in range(5)])
    await note(view)
    clock.epoch += 2 * MINUTE
    await settle(store, [an_event(id="new", at=clock.epoch)])
    await note(view)
    [one] = (await Live(view).told())["series"]
    assert (one["requests"], one["seconds"], one["at"]) == (1, 120, "2023-11-15T00:01:00Z")


async def test_an_hour_is_kept(store: Store, tmp_path: Path) -> None:
    clock = HandClock(epoch=NOON)
    view = a_view(store, clock, tmp_path)
    for _n in range(70):
        await note(view)
        clock.epoch += MINUTE
    assert len((await Live(view).told())["series"]) == 60
