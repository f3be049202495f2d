"""A portion of one organisation's postings, ready for the store."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

import msgspec

from routergate.domain.reservation import BUCKETS, Charge, Counter
from routergate.ledger.names import (
    alerts_key,
    counter_key,
    counters_key,
    ended_key,
    events_key,
    holds_key,
    index_key,
    leases_key,
    read_counter,
    usage_key,
    writers_key,
)
from routergate.ledger.names import key as named
from routergate.ledger.posting import KEPT, How, Posting, forgotten, width
from routergate.ledger.record import decode
from routergate.ledger.totals import day_of, increments

FIXED = (writers_key, events_key, holds_key, leases_key, ended_key, counters_key, alerts_key)
"""The keys before those of the counters."""
_PostingText = tuple[str, str, int, str, list[tuple[int, str, int, int, int, tuple[int, ...]]]]
_postings = msgspec.json.Decoder(list[_PostingText])


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one call of the settle script takes. Built once, so that a second try is the same call."""

    organisation: str
    size: int
    """Postings."""
    keys: tuple[str, ...]
    contents: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A batch under the name by which the store knows it again. A writer's numbers rise."""

    writer: str
    sequence: int
    batch: Batch


def batch(organisation: str, postings: Sequence[Posting], now: int) -> Batch:
    """The postings, which are all of `organisation`, to be booked in one call; `now` in seconds."""
    sums = increments(row for one in postings for row in one.rows)
    counters = list(dict.fromkeys(charge.counter for one in postings for charge in one.charges))
    number = {counter: n for n, counter in enumerate(counters, 1)}
    keys = [name(organisation) for name in FIXED]
    keys += (counter_key(organisation, counter) for counter in counters)
    for day, key in sums:
        keys += index_key(organisation, day), usage_key(organisation, day, key)
    # As text: Lua's numbers are exact to 2^53 only.
    totals = [(key, {field: str(n) for field, n in fields.items()}) for (_, key), fields in sums.items()]
    texts = [
        (
            one.id,
            one.how,
            len(one.texts),
            day_of(one.rows[0]),
            [_charge(charge, number, now) for charge in one.charges],
        )
        for one in postings
    ]
    return Batch(
        organisation=organisation,
        size=len(postings),
        keys=tuple(keys),
        contents=(
            msgspec.json.encode(texts),
            msgspec.json.encode(totals),
            *chain.from_iterable(one.texts for one in postings),
        ),
    )


def _charge(charge: Charge, number: Mapping[Counter, int], now: int) -> tuple[Any, ...]:
    counter = charge.counter
    forget = forgotten(counter, now)
    return number[counter], counter.kind, charge.amount, width(counter), forget, charge.soft


def postings_of(work: Batch) -> Iterator[Posting]:
    """What is in a batch, for one that must be put together anew."""
    prefix = len(named(work.organisation, "count:"))
    rows = iter(work.contents[2:])
    for request, how, size, _, charges in _postings.decode(work.contents[0]):
        texts = tuple(islice(rows, size))
        yield Posting(
            id=request,
            how=How(how),
            rows=tuple(map(decode, texts)),
            texts=texts,
            charges=tuple(
                Charge(
                    counter=replace(
                        read_counter(work.keys[len(FIXED) + number - 1][prefix:]),
                        seconds=wide * BUCKETS // 1000,
                        resets=forget - KEPT if forget else None,
                    ),
                    amount=amount,
                    soft=soft,
                )
                for number, _, amount, wide, forget, soft in charges
            ),
        )
