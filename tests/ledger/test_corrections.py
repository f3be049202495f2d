"""Prices are corrected in the books: in files and stream, once, whoever else is at work."""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from routergate.domain.asset import Loaded
from routergate.domain.budget import Measure
from routergate.domain.errors import LedgerBusy, LedgerUnusable
from routergate.domain.event import UsageEvent, UsageSource
from routergate.domain.model import RateCard
from routergate.domain.money import Nanos
from routergate.domain.reservation import Charge
from routergate.ledger.consumer import export
from routergate.ledger.corrections import REPRICE, Correction, Scope, correct
from routergate.ledger.lease import lease
from routergate.ledger.names import counter_key, holds_key, usage_key
from routergate.ledger.repricing import Left
from routergate.ledger.shelf import Shelf
from routergate.ledger.verify import verify
from routergate.store.client import Store
from support.builders import a_rate_card
from support.events import LARGE, MINI, an_attribution, an_event
from support.exports import Death, Fate, MortalStore, expire, on_shelf, settle
from support.ledgers import DAY, NOON, written
from support.restraints import a_counter

FIRST, LAST = date(2023, 11, 14), date(2023, 11, 16)
NOW = 1_700_100_000
CHEAP, DEAR = a_rate_card("1", "5"), a_rate_card("2", "10")
"""100 tokens read and 20 written are 200 000 nano-dollars, and 400 000."""
BUDGET = a_counter(resets=None, window="total", label="")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(str(tmp_path))


def scope(card: RateCard = DEAR, **changes: Any) -> Scope:
    mini = replace(MINI, prices=(card,))
    return replace(Scope(models={mini.id: mini}, since=FIRST, until=LAST), **changes)


def some(numbers: Iterable[int]) -> list[UsageEvent]:
    """Events of three days, priced with the cheap card and charged to a budget."""
    charges = (Charge(counter=BUDGET, amount=200_000),)
    return [
        an_event(id=f"e{n}", at=NOON + n % 3 * DAY, cost=Nanos(200_000), charges=charges) for n in numbers
    ]


async def spent(store: Store) -> int:
    return int((await store.fields(counter_key("acme", BUDGET)))[b"spent"])


async def booked(store: Store, shelf: Shelf, asked: Scope) -> Correction:
    return await correct(store, shelf, asked, NOW, book=True, portion=4)


async def in_order(store: Store, shelf: Shelf) -> bool:
    return (await verify(store, shelf, FIRST, LAST)).right


async def test_rows_in_files_and_stream_are_booked_anew_with_totals_and_budgets(
    store: Store, shelf: Shelf
) -> None:
    await settle(store, some(range(6)))
    await export(store, shelf, "acme", portion=4)
    await settle(store, some(range(6, 9)))

    planned = await correct(store, shelf, scope(), NOW, book=False)
    assert await spent(store) == 9 * 200_000
    found = await booked(store, shelf, scope())

    assert planned == found
    assert [
        (place[1], one.rows, one.cost_before, one.cost_after) for place, one in found.changes.items()
    ] == [(f"2023-11-{day}", 3, 600_000, 1_200_000) for day in (14, 15, 16)]
    assert await spent(store) == 9 * 400_000
    cell = '[null,null,null,"auto","mini","acme-ai","economy"]'
    totals = await store.fields(usage_key("acme", "2023-11-14", "key-1"))
    assert (totals[f"{cell}|cost_nanos".encode()], totals[f"{cell}|requests".encode()]) == (b"1200000", b"3")
    assert [(row.kind, row.cost_nanos) for row in (await written(store))[-2:]] == [
        ("reversal", -200_000),
        ("correction", 400_000),
    ]
    assert await in_order(store, shelf)


async def test_a_second_run_finds_nothing_and_a_third_price_corrects_the_correction(
    store: Store, shelf: Shelf
) -> None:
    await settle(store, some(range(3)))
    assert (await booked(store, shelf, scope())).rows == 3
    assert (await booked(store, shelf, scope())).rows == 0
    await export(store, shelf, "acme")
    assert (await booked(store, shelf, scope())).rows == 0

    assert (await booked(store, shelf, scope(CHEAP))).rows == 3
    assert (await booked(store, shelf, scope(CHEAP))).rows == 0
    assert (await booked(store, shelf, scope())).rows == 3
    assert await spent(store) == 3 * 400_000
    assert sum(row.requests for row in [*on_shelf(shelf), *await written(store)]) == 3
    assert await in_order(store, shelf)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
async def test_killed_at_any_step_and_run_again_the_books_are_right(
    store: Store, shelf: Shelf, after: bool, tmp_path: Path
) -> None:
    for at in count():
        await store.call("FLUSHALL")
        ours = Shelf(str(tmp_path / str(at)))
        await settle(store, some(range(7)))
        await export(store, ours, "acme", portion=5)
        fate = Fate(at, after=after)
        theirs = MortalStore(
            store.place, store._servers, store._limit, store._turns, _convoys=store._convoys, fate=fate
        )
        died = False
        try:
            await booked(theirs, ours, scope())
        except Death:
            died = True
            await expire(store, "acme")
        await booked(store, ours, scope())

        assert await spent(store) == 7 * 400_000, at
        assert await in_order(store, ours), at
        if not died:
            break
    assert at > 8


async def test_who_has_lost_the_lease_books_nothing(store: Store, shelf: Shelf) -> None:
    await settle(store, some(range(3)))

    class Late(MortalStore):
        async def run(self, script: Any, keys: Any, arguments: Any, *, wait_replicas: int = 0) -> object:
            if script == REPRICE:
                await store.call("SET", "rg:{acme}:ledger:lease", "somebody:1:else")
            return await super().run(script, keys, arguments, wait_replicas=wait_replicas)

    late = Late(store.place, store._servers, store._limit, store._turns, _convoys=store._convoys)
    with pytest.raises(LedgerBusy, match="passed to another"):
        await booked(late, shelf, scope())
    assert await spent(store) == 3 * 200_000
    assert len(await written(store)) == 3


async def test_nobody_else_is_at_the_files_meanwhile(store: Store, shelf: Shelf) -> None:
    await settle(store, some(range(1)))
    async with lease(store, "acme"):
        with pytest.raises(LedgerBusy):
            await booked(store, shelf, scope())


async def test_gateways_may_go_on_meanwhile(store: Store, shelf: Shelf) -> None:
    await settle(store, some(range(30)))

    async def go_on() -> None:
        for n in range(30, 60):
            await settle(store, some([n]))

    going = asyncio.create_task(go_on())
    while not going.done():
        await booked(store, shelf, scope())
    await going
    await booked(store, shelf, scope())
    assert await spent(store) == 60 * 400_000
    assert await in_order(store, shelf)


async def test_a_counter_that_was_forgotten_is_not_brought_back(store: Store, shelf: Shelf) -> None:
    await settle(store, some(range(1)))
    await store.call("DEL", counter_key("acme", BUDGET))

    assert (await booked(store, shelf, scope())).rows == 1
    assert await store.fields(counter_key("acme", BUDGET)) == {}


async def test_a_request_that_the_store_takes_for_running_is_left_for_later(
    store: Store, shelf: Shelf
) -> None:
    await settle(store, some(range(3)))
    await store.call("HSET", holds_key("acme"), "e1", "H")

    assert (await booked(store, shelf, scope())).rows == 2
    assert await spent(store) == 2 * 400_000 + 200_000
    await store.call("HDEL", holds_key("acme"), "e1")
    assert (await booked(store, shelf, scope())).rows == 1


async def test_a_batch_that_fails_half_way_is_said(store: Store, shelf: Shelf) -> None:
    await settle(store, some(range(1)))
    await store.call("DEL", usage_key("acme", "2023-11-14", "key-1"))
    await store.call("SET", usage_key("acme", "2023-11-14", "key-1"), "no hash")

    with pytest.raises(LedgerUnusable, match="in part only"):
        await booked(store, shelf, scope())


async def test_only_what_was_asked_for_is_looked_at(store: Store, shelf: Shelf) -> None:
    theirs = an_event(id="other", attribution=an_attribution("other"), cost=Nanos(200_000), baseline=None)
    large = an_event(id="large", card=LARGE, baseline=None)
    await settle(store, [*some(range(3)), theirs, large])

    async def rows(**changes: Any) -> int:
        return (await correct(store, shelf, scope(**changes), NOW, book=False)).rows

    assert await rows() == 4
    assert await rows(organisation="other") == 1
    assert await rows(since=LAST) == 1
    assert await rows(until=FIRST) == 2
    assert await rows(only=frozenset({"mini"})) == 4
    assert await rows(only=frozenset({"large"})) == 3


async def test_what_cannot_be_known_is_left_alone_and_counted(store: Store, shelf: Shelf) -> None:
    await settle(store, [an_event(id="a", usage_source=UsageSource.RESERVED), an_event(id="b", card=LARGE)])
    found = await booked(store, shelf, scope())
    assert (found.rows, found.left) == (0, {Left.RESERVED: 1, Left.MODEL: 1})


async def test_loaded_costs_and_their_budgets_move_too(store: Store, shelf: Shelf) -> None:
    loaded = replace(BUDGET, measure=Measure.LOADED)
    share = Loaded(hosting=Nanos(50_000), depreciation=Nanos(0), maintenance=Nanos(7_000))
    charges = Charge(counter=BUDGET, amount=200_000), Charge(counter=loaded, amount=257_000)
    await settle(store, [an_event(cost=Nanos(200_000), share=share, charges=charges)])
    await settle(store, [an_event(id="unshared", cost=Nanos(200_000), share=None, charges=charges)])

    assert (await booked(store, shelf, scope())).rows == 2
    assert await spent(store) == 2 * 400_000
    assert (await store.fields(counter_key("acme", loaded)))[b"spent"] == b"714000"
    assert [row.loaded_cost_nanos for row in await written(store)] == [
        257_000, None, -257_000, 457_000, None, None,
    ]  # fmt: skip
    assert await in_order(store, shelf)


async def test_an_unknown_cost_becomes_known(store: Store, shelf: Shelf) -> None:
    await settle(store, [an_event(cost=None)])
    found = await booked(store, shelf, scope())
    [change] = found.changes.values()
    assert (change.rows, change.unpriced, change.cost_after) == (1, 1, 400_000)
    totals = await store.fields(usage_key("acme", "2023-11-14", "key-1"))
    assert {key: n for key, n in totals.items() if key.endswith((b"unpriced", b"incomparable"))} == {
        b'[null,null,null,"auto","mini","acme-ai","economy"]|unpriced': b"0",
        b'[null,null,null,"auto","mini","acme-ai","economy"]|incomparable': b"0",
    }
    assert await in_order(store, shelf)
