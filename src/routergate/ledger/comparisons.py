"""How answers compared → rows of the ledger, and news for whoever watches models."""

import secrets
from dataclasses import replace

from routergate.domain.quality import Comparison
from routergate.ledger.beside import BesideBook, without_request
from routergate.ledger.record import EventRow
from routergate.ledger.trust import StoredTrust
from routergate.ports import Clock
from routergate.store.client import Store

COMPARISON = "comparison"
"""The kind of these rows."""


class ComparisonBook:
    """Takes comparisons down."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._book = BesideBook(store, clock, COMPARISON)
        self._trust = StoredTrust(store)

    async def book(self, organisation: str, decision: str, one: Comparison, least: float) -> None:
        """Have it in the ledger and taken into account; raises `StoreUnavailable`.

        `least`: the smallest inclusion that any request of the model had, whatever its task.
        """
        await self._book.book(organisation, [_row(organisation, decision, one)])
        await self._trust.say([one, replace(one.at_large, least=least)])


def _row(organisation: str, decision: str, one: Comparison) -> EventRow:
    return without_request(
        kind=COMPARISON,
        id=f"{COMPARISON}:{decision}:{secrets.token_hex(6)}",
        at=one.at,
        organisation=organisation,
        route=one.subject.route,
        task=one.subject.task,
        model=one.subject.model,
        decision=decision,
        rating=one.outcome,
        rating_source=one.source.value,
        rating_weight=one.weight,
        baseline_quality=one.reference,
        propensity=one.inclusion,
        estimator=one.artifact or None,
    )
