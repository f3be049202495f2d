"""The books against what the provider says itself, request by request."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from routergate.app import SystemClock
from routergate.ledger.names import holds_key, leases_key
from routergate.ledger.record import EventRow
from routergate.ledger.sweeper import Sweeper
from routergate.store.client import Store
from routergate.testing import Call
from support.ledgers import written
from support.lives import LIMIT, RATE_IN, RATE_OUT
from support.mortal import LEASE


@dataclass(frozen=True, kw_only=True)
class Reckoning:
    """What became of the requests, and what does not fit."""

    calls: int
    settled: int
    abandoned_called: int
    """Abandoned, and the provider had been asked."""
    abandoned_uncalled: int
    """Abandoned, and the provider had not."""
    tokens: int
    """Of settled rows."""
    abandoned_tokens: tuple[int, int]
    """By the provider's count, and as they were reserved."""
    most_used: float
    """The largest share of a budget that the provider's count comes to."""
    problems: Sequence[str] = field(default=())


async def swept(store: Store) -> None:
    """Give up what dead gateways hold, until nothing is held."""
    sweeper = Sweeper(store, SystemClock(), "reckoning", lease=LEASE)
    async with asyncio.timeout(60):
        while await store.call("ZCARD", leases_key("acme")):
            await sweeper.look()
            await asyncio.sleep(0.1)
    states = await store.call("HVALS", holds_key("acme"))
    assert not [state for state in states if state[:1] == b"H"]


async def reckoned(store: Store, calls: Iterable[Call], answered: set[str]) -> Reckoning:
    """Compare, when nothing runs any more."""
    rows, asked = await written(store), {name_of(call): call for call in calls}
    booked = {row.session or "": row for row in rows}
    with_call = [(row, asked[name]) for name, row in booked.items() if name in asked]
    settled = [(row, call) for row, call in with_call if row.usage_source != "reserved"]
    abandoned = [(row, call) for row, call in with_call if row.usage_source == "reserved"]
    problems = [*_odd(rows, asked, answered), *_differing(settled), *_dearer(abandoned), *_over(with_call)]
    return Reckoning(
        calls=len(asked),
        settled=sum(row.usage_source != "reserved" for row in booked.values()),
        abandoned_called=len(abandoned),
        abandoned_uncalled=sum(row.usage_source == "reserved" for row in booked.values()) - len(abandoned),
        tokens=sum(sum(_used(row)) for row, _ in settled),
        abandoned_tokens=(
            sum(call.prompt_tokens + call.output_tokens for _, call in abandoned),
            sum(sum(_used(row)) for row, _ in abandoned),
        ),
        most_used=max((float(spent / LIMIT) for spent in _spent(with_call).values()), default=0.0),
        problems=tuple(problems),
    )


def name_of(call: Call) -> str:
    """The session of the request that a call was made for."""
    question: str = call.body["messages"][0]["content"]
    return "q" + question.removeprefix("Question ").partition(":")[0]


def _odd(rows: Sequence[EventRow], asked: dict[str, Call], answered: set[str]) -> Iterator[str]:
    """Rows that are twice, or not there."""
    ids, names = [row.id for row in rows], [row.session for row in rows]
    yield from (f"{one} is there twice" for one in set(ids) if ids.count(one) > 1)
    yield from (f"{one} has two rows" for one in set(names) if names.count(one) > 1)
    yield from (f"{name} was called and has no row" for name in asked.keys() - set(names))
    yield from (f"{name} was answered and has no row" for name in answered - set(names))
    for row in rows:
        if row.usage_source != "reserved" and (row.session not in asked or row.outcome != "ok"):
            yield f"{row.session} is settled as {row.outcome} without an answer"


def _differing(settled: Iterable[tuple[EventRow, Call]]) -> Iterator[str]:
    for row, call in settled:
        told = (call.prompt_tokens, call.output_tokens)
        if _used(row) != told:
            yield f"{row.session}: {told} tokens by the provider, {_used(row)} in the ledger"


def _dearer(abandoned: Iterable[tuple[EventRow, Call]]) -> Iterator[str]:
    for row, call in abandoned:
        (read, wrote), told = _used(row), (call.prompt_tokens, call.output_tokens)
        if told[0] > read or told[1] > wrote:
            yield f"{row.session}: {told} tokens by the provider, {(read, wrote)} reserved"


def _over(rows: Iterable[tuple[EventRow, Call]]) -> Iterator[str]:
    for feature, spent in _spent(rows).items():
        if spent > LIMIT:
            yield f"{feature}: {spent} spent of {LIMIT}"


def _spent(rows: Iterable[tuple[EventRow, Call]]) -> dict[str, Decimal]:
    """Dollars by feature, by the provider's count."""
    spent: dict[str, Decimal] = defaultdict(Decimal)
    for row, call in rows:
        dollars = (call.prompt_tokens * RATE_IN + call.output_tokens * RATE_OUT).scaleb(-6)
        spent[row.feature or ""] += dollars
    return spent


def _used(row: EventRow) -> tuple[int, int]:
    """Tokens read and written."""
    read = (row.input_uncached, row.cache_read, row.cache_write, row.cache_write_1h)
    return sum(one or 0 for one in read), (row.output or 0) + (row.reasoning or 0)
