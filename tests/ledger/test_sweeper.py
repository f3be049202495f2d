"""Who is given up, and how many that were."""

import logging

import pytest

from routergate.ledger.holds import LEASE, Holds
from routergate.ledger.sweeper import Sweeper
from routergate.store.client import Store
from support.events import an_event
from support.ledgers import written
from support.redis import HandClock

MILLISECOND = 1_000_000


async def test_each_request_whose_lease_has_ended_is_given_up_and_told_once(
    store: Store, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    holds, sweeper = Holds(store, clock, lease=LEASE), Sweeper(store, clock, "sweeper", lease=LEASE)
    await sweeper.look()
    for name in ("early", "late"):
        await holds.reserve(an_event(id=name), [], durable=False)
        clock.epoch += 400 * MILLISECOND
    clock.epoch += round(LEASE * 1000) * MILLISECOND
    clock.seconds += LEASE

    counts = []
    for _ in range(3):
        await sweeper.look()
        counts.append((sweeper.swept, len(await written(store))))
        clock.epoch += 1000 * MILLISECOND

    assert counts[-1] == (2, 2)
    assert all(told == rows for told, rows in counts)
    assert not [line for line in caplog.messages if "booked before" in line]
