"""What callers say of answers → rows of the ledger: beside the requests' own rows, which never change."""

import secrets
from collections.abc import Sequence

from routergate.domain.feedback import Feedback
from routergate.domain.identity import Identity
from routergate.ledger.beside import BesideBook, without_request
from routergate.ledger.record import EventRow
from routergate.ports import Clock
from routergate.store.client import Store

FEEDBACK = "feedback"
"""The kind of these rows, and what they have for a route."""


class FeedbackBook:
    """Takes feedback down."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._clock = clock
        self._book = BesideBook(store, clock, FEEDBACK)

    async def book(self, caller: Identity, said: Sequence[Feedback]) -> None:
        """Have all of it in the ledger, or none; raises `StoreUnavailable`, and then nobody knows which."""
        at = self._clock.epoch_ns()
        await self._book.book(caller.organisation, [_row(caller, one, at) for one in said])


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
