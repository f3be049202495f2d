"""What callers say of answers → rows of the ledger: beside the requests' own rows, which never change."""

import asyncio
import secrets
from collections.abc import Sequence

from routergate.domain.errors import StoreUnavailable
from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.beside import without_request
from routergate.ledger.delivery import Delivery
from routergate.ledger.posting import How, Posting
from routergate.ledger.record import EventRow, encode
from routergate.ports import Clock
from routergate.store.client import Store

FEEDBACK = "feedback"
"""The kind of these rows, and what they have for a route."""


class FeedbackBook:
    """Takes feedback down, one portion at a time."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._delivery = Delivery(store, lambda: clock.epoch_ns() // 1_000_000_000)
        self._writer = f"{FEEDBACK}:{secrets.token_hex(8)}"
        self._portions = 0
        self._one_at_a_time = asyncio.Lock()

    async def book(self, caller: Identity, said: Sequence[Feedback]) -> None:
        """Have all of it in the ledger, or none; raises `StoreUnavailable`, and then nobody knows which."""
        at = self._clock.epoch_ns()
        postings = [_posting(caller, one, at) for one in said]
        work = batch(caller.organisation, postings, at // 1_000_000_000)
        async with self._one_at_a_time:
            self._portions += 1
            if not await self._delivery.deliver(Numbered(self._writer, self._portions, work)):
                raise StoreUnavailable("The store is away; send the feedback again later.")


def _posting(caller: Identity, one: Feedback, at: int) -> Posting:
    row = _row(caller, one, at)
    return Posting(id=row.id, how=How.END, rows=(row,), texts=(encode(row),))


def _row(caller: Identity, one: Feedback, at: int) -> EventRow:
    return without_request(
        kind=FEEDBACK,
        id=f"{FEEDBACK}:{one.decision}:{secrets.token_hex(6)}",
        at=at,
        organisation=caller.organisation,
        team=caller.team,
        key=caller.key,
        decision=one.decision,
        rating=one.rating,
        rating_source=one.source,
        rating_weight=one.weight,
        rating_outcome=one.outcome,
    )
