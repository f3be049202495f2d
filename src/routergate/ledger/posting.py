"""What one request makes of the books; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import ceil
from typing import Any

from routergate.domain.event import UsageEvent
from routergate.domain.reservation import BUCKETS, Charge, Counter, Kind
from routergate.ledger.amended import correction, duplicate, priced, reversal
from routergate.ledger.names import counter_name, read_counter
from routergate.ledger.record import EventRow, decode, encode, row

KEPT = 62 * 86_400
"""Seconds for which a counter is kept after the end of its window."""
IDLE = 30 * 86_400
"""Seconds for which a session's counter without an end is kept when it does not move."""


class How(StrEnum):
    """What the settle script takes a posting for."""

    END = "e"
    """The end of a request."""
    SWEEP = "v"
    """A request whose process is gone."""
    CORRECTION = "c"
    """The end of a request that was swept before."""
    AGAIN = "x"
    """The end of a request that had ended before."""
    REPRICED = "r"
    """A request that had ended before, at another price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """The rows of one request, and what they charge."""

    id: str
    how: How
    rows: tuple[EventRow, ...]
    texts: tuple[bytes, ...]
    charges: tuple[Charge, ...] = ()


def posting(event: UsageEvent, columns: Mapping[str, Any] | None = None) -> Posting:
    """The end of a request; raises `OverflowError` for an amount that no request can have.

    `columns` are those of its decision, if they are there already.
    """
    return _posting(event.id, How.END, (row(event, columns),), event.charges)


def corrected(actual: Posting, swept: bytes) -> Posting:
    """The end of a request that was swept: the row under which it was, taken back, and its own."""
    booked = decode(swept)
    [own] = actual.rows
    charges = _less(actual.charges, {read_counter(one.counter): one.amount for one in booked.charges})
    return _posting(actual.id, How.CORRECTION, (reversal(booked), correction(own)), charges)


def repriced(booked: EventRow, cost: int | None, baseline_cost: int | None) -> Posting:
    """A row taken back, and booked at another price. Its counters in money move by the difference."""
    own = correction(priced(booked, cost, baseline_cost))
    before = {read_counter(one.counter): one.amount for one in booked.charges}
    charges = tuple(
        Charge(counter=counter, amount=one.amount - before[counter])
        for one in own.charges
        if (counter := read_counter(one.counter)).measure.money
    )
    return _posting(booked.id, How.REPRICED, (reversal(booked), own), charges)


def repeated(actual: Posting) -> Posting:
    """The end of a request that has ended before: shown, and charged to nobody."""
    return _posting(actual.id, How.AGAIN, (duplicate(actual.rows[0]),), ())


def width(counter: Counter) -> int:
    """Milliseconds of a bucket of a sliding window."""
    return ceil(counter.seconds * 1000 / BUCKETS)


def forgotten(counter: Counter, now: int) -> int:
    """When a counter may be forgotten, seconds since the epoch; 0: never, or as it says itself."""
    if counter.kind is Kind.SLIDING:
        return 0
    if counter.kind is Kind.RUNNING:
        return now + 86_400
    if counter.resets is not None:
        return counter.resets + KEPT
    return now + IDLE if counter.scope == "session" else 0


def _posting(request: str, how: How, rows: tuple[EventRow, ...], charges: tuple[Charge, ...]) -> Posting:
    return Posting(id=request, how=how, rows=rows, texts=tuple(map(encode, rows)), charges=charges)


def _less(charges: tuple[Charge, ...], booked: Mapping[Counter, int]) -> tuple[Charge, ...]:
    """What is still to be charged; what fell into sliding windows was charged when it was swept."""
    actual = {_bare(one.counter): one for one in charges if one.counter.kind is Kind.WINDOW}
    nothing = (Charge(counter=counter, amount=0) for counter in booked if counter not in actual)
    return tuple(
        replace(one, amount=one.amount - booked.get(_bare(one.counter), 0))
        for one in (*actual.values(), *nothing)
    )


def _bare(counter: Counter) -> Counter:
    """As it is in a row."""
    return read_counter(counter_name(counter))
