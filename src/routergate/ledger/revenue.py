"""Posted revenue → rows of the ledger, one for each day, and each posting once.

What a poster's id stands for is written down before it is booked, and that it is booked, afterwards. Where a
process dies in between, the same posting is booked again under the same ids, and reports count an id once.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import timedelta

from routergate.domain.once import IdempotencyConflict
from routergate.domain.revenue import Earned
from routergate.economics.months import instant
from routergate.ledger.beside import BesideBook, without_request
from routergate.ledger.names import revenue_key
from routergate.ledger.record import EventRow
from routergate.ports import Clock
from routergate.store.client import Store

REVENUE = "revenue"
"""The kind of these rows, and what they have for a key and a route."""
_BOOKED = b"!"
Claims = Mapping[str, bytes]
"""By the poster's id: what was posted under it, as a digest."""


class RevenueBook:
    """Takes posted revenue down."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._book = BesideBook(store, clock, REVENUE)

    async def book(self, organisation: str, posted: Sequence[Earned]) -> int:
        """Have all of it in the ledger, or none; how many were there already.

        Raises `IdempotencyConflict` for an id that stands for something else, and `StoreUnavailable`: then
        nobody knows, and it may be posted again.
        """
        claims = {one.id: _digest(one) for one in posted}
        known = await self._known(organisation, claims)
        new = [one for one in posted if known[one.id] != claims[one.id] + _BOOKED]
        if new:
            await self._booked(organisation, new, claims)
        return len(posted) - len(new)

    async def _known(self, organisation: str, claims: Claims) -> dict[str, bytes | None]:
        found = await self._store.call("HMGET", revenue_key(organisation), *claims)
        known = dict(zip(claims, found, strict=True))
        for name, was in known.items():
            if was is not None and was.removesuffix(_BOOKED) != claims[name]:
                raise IdempotencyConflict(
                    f"Other revenue was posted under the id '{name}'. Leave it as it is, and post the "
                    "difference, which may be negative, under an id of its own."
                )
        return known

    async def _booked(self, organisation: str, new: Sequence[Earned], claims: Claims) -> None:
        key = revenue_key(organisation)
        mine = {one.id: claims[one.id] for one in new}
        await self._store.together([("HSETNX", key, name, digest) for name, digest in mine.items()])
        await self._known(organisation, mine)  # somebody else may have been faster
        await self._book.book(organisation, [row for one in new for row in rows(organisation, one)])
        await self._store.call("HSET", key, *_marked(mine))


def rows(organisation: str, one: Earned) -> Iterator[EventRow]:
    """A row for each of its days, which add up to the amount."""
    for n in range(one.days):
        day = one.first + timedelta(days=n)
        yield without_request(
            kind=REVENUE,
            id=f"{REVENUE}:{one.id}:{day}",
            at=instant(day),
            organisation=organisation,
            customer=one.customer,
            feature=one.feature,
            tags=(one.note,) if one.note else (),
            revenue_nanos=one.amount * (n + 1) // one.days - one.amount * n // one.days,
        )


def _marked(claims: Claims) -> Iterable[str | bytes]:
    for name, digest in claims.items():
        yield name
        yield digest + _BOOKED


def _digest(one: Earned) -> bytes:
    return hashlib.sha256(repr(astuple(one)).encode()).hexdigest()[:32].encode()
