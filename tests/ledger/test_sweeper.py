"""Who is given up, and how many that were; and the index of counters, which would grow for ever."""

import logging

import pytest

from routergate.domain.budget import Scope
from routergate.ledger.names import ORGANISATIONS, counter_key, counters_key
from routergate.ledger.reservations import LEASE, Reservations
from routergate.ledger.standings import existing
from routergate.ledger.sweeper import Sweeper
from routergate.store.client import Store
from support.events import an_event
from support.ledgers import written
from support.redis import HandClock
from support.restraints import a_counter

MILLISECOND = 1_000_000


async def test_each_request_whose_lease_has_ended_is_given_up_and_told_once(
    store: Store, clock: HandClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    holds, sweeper = Reservations(store, clock, lease=LEASE), Sweeper(store, clock, "sweeper", lease=LEASE)
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


async def indexed(store: Store, organisation: str, number: int, *, kept: int) -> None:
    """So many counters in an index, of which the last ones are still there."""
    await store.call("SADD", ORGANISATIONS, organisation)
    for n in range(number):
        name = counter_key(organisation, a_counter(scope=Scope.SESSION, value=str(n)))
        await store.call("SADD", counters_key(organisation), name)
        if n >= number - kept:
            await store.call("HSET", name, "spent", 1)


async def left(store: Store, organisation: str) -> int:
    return int(await store.call("SCARD", counters_key(organisation)))


async def test_counters_that_have_expired_leave_their_index_bit_by_bit(
    store: Store, clock: HandClock
) -> None:
    await indexed(store, "acme", 600, kept=10)
    await indexed(store, "other", 3, kept=1)
    sweeper = Sweeper(store, clock, "here")
    sizes = []
    while await left(store, "acme") > 10 or await left(store, "other") > 1:
        await sweeper.look()
        sizes.append(await left(store, "acme"))

    assert len(set(sizes)) > 3
    assert len(await existing(store, "acme")) == 10
    await sweeper.look()
    assert (await left(store, "acme"), await left(store, "other")) == (10, 1)


async def test_where_nothing_is_there_is_nothing_to_prune(store: Store, clock: HandClock) -> None:
    sweeper = Sweeper(store, clock, "here")
    await sweeper.look()
    await store.call("SADD", ORGANISATIONS, "acme")
    await sweeper.look()
    assert await existing(store, "acme") == []
