"""Whatever happens in whatever order: counters are the sums of events, and limits are kept."""

import asyncio
from collections import Counter as Sums
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from routergate.domain.errors import StoreUnavailable
from routergate.domain.event import UsageEvent
from routergate.domain.reservation import Charge, Counter, Denied, Granted, Kind, Line, Reply
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.delivery import Delivery
from routergate.ledger.names import counter_key, counter_name, counters_key, holds_key
from routergate.ledger.posting import posting
from routergate.ledger.reservations import LEASE, Reservations
from routergate.ledger.sweeper import Sweeper
from routergate.spend.book import Book
from routergate.store.client import Store, connect
from routergate.store.embedded import EmbeddedServer
from support.events import an_event
from support.ledgers import written
from support.lines import Line as Wire
from support.redis import HandClock
from support.restraints import a_counter, a_line

Result = TypeVar("Result")
SECOND = 1_000_000_000
BEGIN = 4_000_000_000 * SECOND
"""In 2096: by the store's own clock, nothing is to be forgotten yet."""
LIMIT, AT_ONCE = 100, 3
MINUTE, NOW = a_counter(Kind.SLIDING), a_counter(Kind.RUNNING)

EXPLORE = (Phase.generate, Phase.shrink)
"""Without an explanation of failures, which takes minutes."""
amounts = st.integers(0, 60)
shares = st.integers(0, 100)
numbers = st.integers(0, 30)


def a_day(clock: HandClock) -> Counter:
    """A window that begins anew every few minutes, so that requests end in a later one."""
    part = clock.epoch // (300 * SECOND)
    return a_counter(label=str(part), resets=(part + 1) * 300)


@dataclass
class Running:
    """A request that was admitted, and what it holds."""

    event: UsageEvent
    lines: Sequence[Line]
    at: float
    """When it fell into sliding windows."""

    def amount(self, kind: Kind) -> int:
        return sum(line.amount for line in self.lines if line.counter.kind is kind)


class Books(RuleBasedStateMachine):
    """One organisation's books in a real store, and beside them a book in memory with the same rules."""

    server: EmbeddedServer
    folder: Path
    sockets = count()

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock = HandClock(BEGIN)
        self.book = Book()
        self.running: dict[str, Running] = {}
        self.swept: dict[str, Running] = {}
        self.ended: list[Running] = []
        self.used: list[tuple[float, str, int]] = []
        """What counts in the sliding window: since when, whose, how much."""
        self.names = (f"r{n}" for n in count())
        self.sequence = count(1)
        self.do(self.open())

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return self.runner.run(work)

    async def open(self) -> None:
        self.store: Store = connect(self.server.url, timeout=5)
        await self.store.call("FLUSHALL")
        self.line = Wire.to(self.server, self.folder / f"{next(self.sockets)}")
        self.wire = await self.line.__aenter__()
        self.holds = Reservations(self.wire.store, self.clock)
        self.delivery = Delivery(self.wire.store, lambda: self.clock.epoch // SECOND)
        self.sweeper = Sweeper(self.store, self.clock, "sweeper")
        await self.sweeper.look()

    def teardown(self) -> None:
        self.do(self.line.__aexit__(None, None, None))
        self.do(self.store.close())
        self.runner.close()

    @property
    def now(self) -> float:
        return self.clock.epoch / 1e9

    # What may happen

    @rule(cash=amounts, tokens=amounts, lose=st.booleans())
    def reserve(self, cash: int, tokens: int, lose: bool) -> None:
        self.take(next(self.names), cash, tokens, lose=lose)

    @precondition(lambda self: self.running)
    @rule(which=numbers, cash=amounts, tokens=amounts, lose=st.booleans())
    def top_up(self, which: int, cash: int, tokens: int, lose: bool) -> None:
        self.take(self.chosen(self.running, which), cash, tokens, lose=lose)

    @precondition(lambda self: self.running)
    @rule(which=numbers, share=shares, lose=st.booleans(), twice=st.booleans())
    def settle(self, which: int, share: int, lose: bool, twice: bool) -> None:
        one = self.running.pop(self.chosen(self.running, which))
        event = came_to(one, share)
        self.book.settle(event.id, event.charges, self.now)
        self.use(one, event)
        self.write([event, event] if twice else [event], lose=lose)
        self.ended.append(one)

    @precondition(lambda self: self.swept)
    @rule(which=numbers, share=shares, lose=st.booleans())
    def settle_late(self, which: int, share: int, lose: bool) -> None:
        one = self.swept.pop(self.chosen(self.swept, which))
        event = came_to(one, share)
        less = [
            replace(charge, amount=charge.amount - line.amount)
            for charge in event.charges
            for line in one.lines
            if charge.counter == line.counter and line.counter.kind is Kind.WINDOW
        ]
        self.book.reserve(f"late {event.id}", [], self.now)
        self.book.settle(f"late {event.id}", less, self.now)
        self.write([event], lose=lose)
        self.ended.append(one)

    @precondition(lambda self: self.ended)
    @rule(which=numbers, share=shares)
    def settle_again(self, which: int, share: int) -> None:
        one = self.ended[which % len(self.ended)]
        if self.now - one.at < 600:
            self.write([came_to(one, share)], lose=False)

    @rule(seconds=st.integers(1, 40))
    def wait(self, seconds: int) -> None:
        self.clock.epoch += seconds * SECOND + 12_000_000
        self.clock.seconds += seconds

    @rule()
    def renew(self) -> None:
        self.do(self.holds.extend())

    @rule()
    def sweep(self) -> None:
        """All whose lease is over; told by the rows that they leave."""
        self.clock.seconds += LEASE
        before = len(self.rows())
        self.do(self.sweeper.look())
        for row in self.rows()[before:]:
            one = self.running.pop(row.id)
            self.holds.release(one.event)
            self.swept[row.id] = one
            kept = tuple(line for line in one.lines if line.counter.kind is not Kind.RUNNING)
            self.book.settle(
                row.id, [Charge(counter=each.counter, amount=each.amount) for each in kept], self.now
            )

    # What must hold

    @invariant()
    def counters_are_the_sums_of_events_and_of_what_is_held(self) -> None:
        spent, held = Sums[str](), Sums[str]()
        for row in self.rows():
            for charge in row.charges:
                spent[charge.counter] += charge.amount
        for hold in self.do(self.store.fields(holds_key("acme"))).values():
            for key, kind, amount, *_ in msgspec.msgpack.decode(hold[1:])[1] if hold[:1] == b"H" else []:
                held[key if isinstance(key, str) else key.decode()] += amount if kind in {"w", b"w"} else 0
        keys = self.do(self.store.call("SMEMBERS", counters_key("acme")))
        for key in keys:
            fields = self.do(self.store.fields(key))
            ours = spent.pop(key.decode().partition(":count:")[2], 0)
            assert int(fields.get(b"spent", 0)) == ours
            assert int(fields.get(b"held", 0)) == held.pop(key.decode(), 0)
            assert ours + int(fields.get(b"held", 0)) <= LIMIT
        assert not +spent
        assert not +held

    @invariant()
    def no_more_run_than_may(self) -> None:
        held = self.do(self.store.fields(counter_key("acme", NOW))).get(b"held", b"0")
        assert int(held) == len(self.running) <= AT_ONCE

    @invariant()
    def no_stretch_as_long_as_the_window_has_more_than_the_limit(self) -> None:
        for begin, _, _ in self.used:
            assert sum(n for at, _, n in self.used if begin <= at < begin + MINUTE.seconds) <= LIMIT

    @invariant()
    def every_request_that_ended_has_one_row_that_counts(self) -> None:
        requests = Sums[str]()
        for row in self.rows():
            requests[row.id] += row.requests
        assert requests == Sums([*(one.event.id for one in self.ended), *self.swept])

    # How

    def take(self, name: str, cash: int, tokens: int, *, lose: bool) -> None:
        day = self.running[name].lines[0].counter if name in self.running else a_day(self.clock)
        lines = [a_line(cash, LIMIT, day), a_line(tokens, LIMIT, MINUTE), a_line(1, AT_ONCE, NOW)]
        event = an_event(id=name, at=self.clock.epoch, charges=(Charge(counter=day, amount=cash),))
        self.wire.replies_to_lose = int(lose)
        reply = self.do(self.asked(event, lines))
        self.wire.replies_to_lose = 0
        assert in_milliseconds(reply) == in_milliseconds(self.book.reserve(name, lines, self.now))
        if isinstance(reply, Granted):
            self.running[name] = Running(event, lines, self.now)
            self.use(self.running[name], event, tokens)

    async def asked(self, event: UsageEvent, lines: Sequence[Line]) -> Reply:
        """As a gateway asks that was not answered: again."""
        while True:
            try:
                return await self.holds.reserve(event, lines, durable=True)
            except StoreUnavailable:
                continue

    def use(self, one: Running, event: UsageEvent, tokens: int | None = None) -> None:
        if tokens is None:
            [tokens] = [charge.amount for charge in event.charges if charge.counter.kind is Kind.SLIDING]
        self.used = [*(each for each in self.used if each[1] != event.id), (one.at, event.id, tokens)]

    def write(self, events: Sequence[UsageEvent], *, lose: bool) -> None:
        work = batch("acme", [posting(event) for event in events], self.clock.epoch // SECOND)
        numbered = Numbered("writer", next(self.sequence), work)
        self.wire.replies_to_lose = int(lose)
        while not self.do(self.delivery.deliver(numbered)):
            assert self.wire.replies_to_lose == 0
        self.wire.replies_to_lose = 0
        for event in events:
            self.holds.release(event)

    def rows(self) -> Any:
        return self.do(written(self.store))

    @staticmethod
    def chosen(among: dict[str, Running], which: int) -> str:
        return list(among)[which % len(among)]


def in_milliseconds(reply: Reply) -> Reply:
    return replace(reply, wait=round(reply.wait, 3)) if isinstance(reply, Denied) else reply


def came_to(one: Running, share: int) -> UsageEvent:
    """The end of a request that needed some of what it held."""
    return replace(
        one.event,
        charges=tuple(
            Charge(counter=line.counter, amount=line.amount * share // 100)
            for line in one.lines
            if line.counter.kind is not Kind.RUNNING
        ),
    )


def test_books_are_right_whatever_happens(redis_server: EmbeddedServer, tmp_path: Path) -> None:
    machine = type("TheseBooks", (Books,), {"server": redis_server, "folder": tmp_path})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=20, stateful_step_count=25, database=None, phases=EXPLORE)
    )


async def test_a_request_that_outlasts_two_windows_is_settled_as_a_whole(store: Store) -> None:
    clock = HandClock(BEGIN)
    holds, delivery = Reservations(store, clock), Delivery(store, lambda: clock.epoch // SECOND)
    day = a_day(clock)
    charges = (Charge(counter=day, amount=5), Charge(counter=MINUTE, amount=7))
    event = an_event(at=clock.epoch, charges=charges)
    await holds.reserve(event, [a_line(9, LIMIT, day), a_line(9, LIMIT, MINUTE)], durable=False)
    clock.epoch += 200 * SECOND

    await delivery.deliver(Numbered("writer", 1, batch("acme", [posting(event)], clock.epoch // SECOND)))

    assert delivery.dropped == 0
    fields = await store.fields(counter_key("acme", day))
    assert (fields[b"spent"], fields[b"held"]) == (b"5", b"0")
    assert await store.fields(holds_key("acme")) == {b"event-1": b"D"}


async def test_two_settlements_of_one_request_in_one_batch_charge_once(store: Store) -> None:
    clock = HandClock(BEGIN)
    delivery = Delivery(store, lambda: clock.epoch // SECOND)
    event = an_event(charges=(Charge(counter=a_day(clock), amount=5),))

    twice = [posting(event), posting(event)]
    await delivery.deliver(Numbered("writer", 1, batch("acme", twice, clock.epoch // SECOND)))

    assert (await store.fields(counter_key("acme", a_day(clock))))[b"spent"] == b"5"
    assert [(row.kind, row.requests) for row in await written(store)] == [("event", 1), ("duplicate", 0)]


async def test_counters_of_names_that_share_letters_are_told_apart() -> None:
    names = {counter_name(a_counter(value=value)) for value in ('a"', "a", "a,b", '["a"]')}
    assert len(names) == 4
