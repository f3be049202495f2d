"""Single requests, wherever they stand."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routergate.domain.operator import UnknownEvent
from routergate.office.events import Events
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.events import an_attribution, an_event
from support.ledgers import DAY, NOON
from support.office import Written, a_view, in_a_thread, move, told, write
from support.redis import HandClock

DAYS = date(2023, 11, 13), date(2023, 11, 18)
SECOND = 1_000_000_000


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Written], list[Written]]:
    """Requests of two organisations: those that were moved to files meanwhile, and those that came later."""
    each = st.tuples(
        st.sampled_from(["acme", "globex"]), st.integers(0, 4 * 86_400), st.sampled_from([0.001, 3, 900])
    )
    drawn = draw(st.lists(each, max_size=14))
    rows = [
        Written(told(an_event(id=f"e{n}", at=NOON + at * SECOND), organisation=name), seconds)
        for n, (name, at, seconds) in enumerate(drawn)
    ]
    cut = draw(st.integers(0, 5 * 86_400)) * 1000 + NOON // 1_000_000
    return [one for one in rows if one.at < cut], [one for one in rows if one.at >= cut]


def seen_by(store: Store, ledger: Path) -> Events:
    clock = HandClock(epoch=NOON + 4 * DAY)
    return Events(a_view(store, clock, ledger), in_a_thread)


async def paged(events: Events, most: int, **where: str) -> list[Any]:
    found: list[Any] = []
    cursor: str | None = None
    while True:
        rows, cursor = await events.page(DAYS, where, cursor, most)
        assert len(rows) <= most
        found += rows
        if cursor is None:
            return found


@settings(max_examples=15, suppress_health_check=list(HealthCheck))
@given(histories(), st.integers(1, 5))
def test_every_request_is_listed_once_from_the_newest_on(
    redis_server: EmbeddedServer, history: tuple[list[Written], list[Written]], most: int
) -> None:
    async def holds() -> None:
        store = connect(redis_server.url, timeout=5)
        await store.call("FLUSHALL")
        before, after = history
        with TemporaryDirectory() as folder:
            await write(store, before)
            await move(store, Path(folder), "acme", "globex")
            await write(store, after)
            events = seen_by(store, Path(folder))
            rows = [one.row for one in (*before, *after)]
            assert ids(await paged(events, most)) == expected(rows)
            acme = [row for row in rows if row.organisation == "acme"]
            assert ids(await paged(events, most, organisation="acme")) == expected(acme)
        await store.close()

    asyncio.run(holds())


def ids(rows: Sequence[Any]) -> list[str]:
    return [row["id"] for row in rows]


def expected(rows: Sequence[Any]) -> list[str]:
    return [row.id for row in sorted(rows, key=lambda it: (it.at, it.id), reverse=True)]


async def test_what_moves_to_files_while_somebody_pages_is_listed_once(store: Store, tmp_path: Path) -> None:
    rows = [Written(told(an_event(id=f"e{n}", at=NOON + n * SECOND))) for n in range(9)]
    await write(store, rows)
    events = seen_by(store, tmp_path)
    first, cursor = await events.page(DAYS, {}, None, 4)
    await move(store, tmp_path, "acme")
    second, cursor = await events.page(DAYS, {}, cursor, 4)
    third, cursor = await events.page(DAYS, {}, cursor, 4)
    assert [ids(first), ids(second), ids(third), cursor] == [
        ["e8", "e7", "e6", "e5"],
        ["e4", "e3", "e2", "e1"],
        ["e0"],
        None,
    ]


@pytest.mark.parametrize("moved", [False, True])
async def test_requests_are_chosen_by_what_they_are(store: Store, tmp_path: Path, moved: bool) -> None:
    one = an_event(id="one", attribution=an_attribution(customer="globex", feature="search"))
    two = an_event(id="two", attribution=an_attribution(feature="chat"), task="code")
    await write(store, [Written(told(one)), Written(told(two))])
    if moved:
        await move(store, tmp_path, "acme")
    events = seen_by(store, tmp_path)
    for where, found in (
        ({"feature": "search"}, ["one"]),
        ({"customer": ""}, ["two"]),
        ({"class": "economy", "task": "code"}, ["two"]),
        ({"outcome": "failed"}, []),
        ({"organisation": "nobody"}, []),
    ):
        assert ids(await paged(events, 5, **where)) == found


async def test_a_page_that_was_chosen_from_too_many_goes_on_where_it_ended(
    store: Store, tmp_path: Path
) -> None:
    rare = {0, 120, 250}
    rows = [
        Written(told(an_event(id=f"e{n:03}", at=NOON + n * SECOND, task="rare" if n in rare else "chat")))
        for n in range(300)
    ]
    await write(store, rows)
    events = replace(seen_by(store, tmp_path), looked_at=100)
    assert ids(await paged(events, 2, task="rare")) == ["e250", "e120", "e000"]


@pytest.mark.parametrize("moved", [False, True])
async def test_a_request_is_found_by_its_id(store: Store, tmp_path: Path, moved: bool) -> None:
    name = f"req_{NOON:016x}aabbccddeeff"
    booked = told(an_event(id=name))
    await write(store, [Written(booked), Written(told(an_event(id="another")))])
    if moved:
        await move(store, tmp_path, "acme")
    events = seen_by(store, tmp_path)
    found = await events.one(name, None)
    assert (found["id"], found["cost_usd"], found["decision"]) == (name, "0.002", None)
    assert (await events.one(name, "acme"))["tokens"]["input_uncached"] == 100
    assert (await events.one("another", None))["at"] == "2023-11-14T22:13:20.000Z"
    with pytest.raises(UnknownEvent):
        await events.one(name, "globex")


async def test_a_request_that_was_corrected_shows_all_that_was_booked(store: Store, tmp_path: Path) -> None:
    booked = told(an_event(id="late"))
    back = told(an_event(id="late"), kind="reversal", requests=-1, cost_nanos=-2_000_000)
    right = told(an_event(id="late"), kind="correction", cost_nanos=3_000_000)
    await write(store, [Written(booked), Written(back, 2), Written(right, 3)])
    for _ in range(2):
        found = await seen_by(store, tmp_path).one("late", None)
        assert [one["kind"] for one in found["rows"]] == ["event", "reversal", "correction"]
        assert (found["kind"], found["cost_usd"]) == ("correction", "0.003")
        await move(store, tmp_path, "acme")
