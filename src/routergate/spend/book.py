"""Counters of this process alone, for while the store is away. They follow the same rules as the store's."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from math import ceil

from routergate.domain.reservation import (
    BUCKETS,
    KEPT_BUCKETS,
    Charge,
    Counter,
    Denied,
    Granted,
    Kind,
    Line,
    Reply,
    Standing,
)

ROOM = 50_000
"""Counters; beyond, those that have not moved for longest are forgotten."""


@dataclass(slots=True)
class _Count:
    spent: int = 0
    held: int = 0
    buckets: OrderedDict[int, int] = field(default_factory=OrderedDict)
    """Of a sliding window, by number, oldest first."""


@dataclass(slots=True)
class Book:
    """What was reserved and charged here."""

    room: int = ROOM
    _counts: OrderedDict[Counter, _Count] = field(default_factory=OrderedDict)
    _holds: dict[str, list[tuple[Line, int]]] = field(default_factory=dict)
    """By request: its lines, and the bucket that each fell into."""

    def reserve(self, request: str, lines: Sequence[Line], now: float) -> Reply:
        """Hold every line or none; again, in place of what the request held before. `now` in seconds."""
        before = self._holds.pop(request, [])
        self._hold(before, -1, now)
        for line in lines:
            count = self._count(line.counter, now)
            over = count.spent + count.held + line.amount - line.rule.limit
            if line.enforced and over > 0:
                standing = Standing(spent=count.spent, held=count.held)
                denied = Denied(line=line, standing=standing, wait=_wait(line.counter, count, over, now))
                self._restore(request, before, now)
                return denied
        placed = [(line, _bucket(line.counter, now)) for line in lines]
        self._hold(placed, 1, now)
        self._holds[request] = placed
        return Granted(standings=[self._standing(line.counter, now) for line in lines])

    def settle(self, request: str, charges: Iterable[Charge], now: float) -> None:
        """Let go of what a request holds here, and charge it; nothing if it holds nothing here."""
        held = self._holds.pop(request, None)
        if held is None:
            return
        self._hold(held, -1, now)
        buckets = {line.counter: bucket for line, bucket in held}
        for charge in charges:
            bucket = buckets.get(charge.counter, _bucket(charge.counter, now))
            self._add(charge.counter, bucket, charge.amount, now)

    def _restore(self, request: str, before: list[tuple[Line, int]], now: float) -> None:
        if before:
            self._holds[request] = before
            self._hold(before, 1, now)

    def _hold(self, lines: Iterable[tuple[Line, int]], sign: int, now: float) -> None:
        for line, bucket in lines:
            if line.counter.kind is Kind.SLIDING:
                self._add(line.counter, bucket, sign * line.amount, now)
            else:
                self._count(line.counter, now).held += sign * line.amount

    def _add(self, counter: Counter, bucket: int, amount: int, now: float) -> None:
        count = self._count(counter, now)
        if counter.kind is not Kind.SLIDING:
            count.spent += amount
        elif bucket > _bucket(counter, now) - KEPT_BUCKETS:
            count.spent += amount
            count.buckets[bucket] = count.buckets.get(bucket, 0) + amount

    def _standing(self, counter: Counter, now: float) -> Standing:
        count = self._count(counter, now)
        return Standing(spent=count.spent, held=count.held)

    def _count(self, counter: Counter, now: float) -> _Count:
        """A counter as it stands now."""
        count = self._counts.setdefault(counter, _Count())
        self._counts.move_to_end(counter)
        if len(self._counts) > self.room:
            self._forget_one()
        if counter.kind is Kind.SLIDING:
            for bucket in [one for one in count.buckets if one <= _bucket(counter, now) - KEPT_BUCKETS]:
                count.spent -= count.buckets.pop(bucket)
        return count

    def _forget_one(self) -> None:
        """The one that has not moved for longest, unless a request that runs holds some of it."""
        counter, count = self._counts.popitem(last=False)
        if count.held:
            self._counts[counter] = count


def width(counter: Counter) -> int:
    """Milliseconds of a bucket of a sliding window."""
    return ceil(counter.seconds * 1000 / BUCKETS)


def _bucket(counter: Counter, now: float) -> int:
    return int(now * 1000) // width(counter) if counter.kind is Kind.SLIDING else 0


def _wait(counter: Counter, count: _Count, needed: int, now: float) -> float:
    """Seconds until `needed` has fallen out of a sliding window."""
    if counter.kind is not Kind.SLIDING:
        return 0.0
    for bucket in sorted(count.buckets):
        needed -= count.buckets[bucket]
        if needed <= 0:
            return (bucket + KEPT_BUCKETS) * width(counter) / 1000 - now
    return KEPT_BUCKETS * width(counter) / 1000
