"""Months that are over: what their requests have borne of fixed costs, brought to what they truly cost.

What is due is the true charge less all that the totals have already, earlier accruals included. So a second
run finds nothing due, and a later one books only what has changed since: nothing needs to be remembered.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from routergate.domain.asset import Asset, Bearer, Loaded
from routergate.domain.errors import StoreUnavailable
from routergate.domain.model import ModelCard
from routergate.domain.money import Nanos
from routergate.domain.totals import Measures, Total
from routergate.economics.bearers import Part, parts
from routergate.economics.fixed import busy_in, charge, counted_since, hosted
from routergate.economics.months import following, instant
from routergate.ledger.batch import Numbered, batch
from routergate.ledger.beside import without_request
from routergate.ledger.delivery import Delivery
from routergate.ledger.posting import How, Posting
from routergate.ledger.reader import totals
from routergate.ledger.record import EventRow, encode, shares
from routergate.store.client import Store

Bills = Mapping[str, Nanos]
"""What the hosting of a model came to in the month, where somebody else says so."""
NO_BILLS: Bills = {}
ACCRUAL = "accrual"
"""The kind of these rows, and what they have for a key and a route."""
LARGEST = 10**15
"""Nano-dollars of one component in one row: a million USD; more is booked in several rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accrual:
    """One model, month and bearer."""

    card: ModelCard
    bearer: Bearer
    """On whose account."""
    month: date
    """Its first day."""
    part: Part
    """What it comes to, and what is booked already."""

    @property
    def due(self) -> Loaded:
        """What is still to be booked; negative where requests have borne too much."""
        return self.part.due

    @property
    def id(self) -> str:
        """Two that run at the same time give the same booking the same name, and it is booked once."""
        borne, one = self.part.borne, self.bearer
        state = f"{borne.hosting}:{borne.depreciation}:{borne.maintenance}"
        of = json.dumps([one.organisation, one.team, one.customer, one.feature])
        return f"accrual:{self.card.id}:{self.month:%Y-%m}:{state}:{of}"


async def accrue(
    store: Store, cards: Iterable[ModelCard], month: date, now: int, bills: Bills = NO_BILLS
) -> list[Accrual]:
    """Book what is due for a month that is over, model by model; `now` in nanoseconds since the epoch.

    Raises `HostingUnmeasured`, and nothing is booked; or `StoreUnavailable`: what was booked by then stays,
    and the rest is booked by the next run.
    """
    found = [one for one in await due(store, cards, month, bills) if one.due != Loaded()]
    delivery = Delivery(store, lambda: now // 1_000_000_000)
    for number, one in enumerate(found, 1):
        work = batch(one.bearer.organisation, [_posting(one)], now // 1_000_000_000)
        if not await delivery.deliver(Numbered(f"accrual:{now}:{one.card.id}", number, work)):
            raise StoreUnavailable(
                f"The store went away while {one.month:%Y-%m} was booked. Run the command again: "
                "what is booked is not booked twice."
            )
    return found


async def due(
    store: Store, cards: Iterable[ModelCard], month: date, bills: Bills = NO_BILLS
) -> list[Accrual]:
    """What a month truly cost beside what is in the ledger, for every asset."""
    last = following(month) - timedelta(days=1)
    assets = [(card, card.asset) for card in cards if card.asset]
    seen = await totals(store, since=min([month, *counted_since(asset for _, asset in assets)]), until=last)
    return [
        accrual
        for card, asset in assets
        for accrual in _accruals(card, asset, month, [one for one in seen if one.model == card.id], bills)
    ]


def _accruals(
    card: ModelCard, asset: Asset, month: date, seen: Sequence[Total], bills: Bills
) -> Iterator[Accrual]:
    before = sum(one.measures.requests for one in seen if one.day < month)
    within = [one for one in seen if one.day >= month]
    served = before, before + sum(one.measures.requests for one in within)
    busy = busy_in(card.id, asset, sum((one.measures for one in within), Measures()))
    since, until = instant(month), instant(following(month))
    charged = charge(asset, since, until, served, hosted(card.id, asset, since, until, busy, bills))
    for bearer, part in parts(asset, charged, within).items():
        yield Accrual(card=card, bearer=bearer, month=month, part=part)


def _posting(one: Accrual) -> Posting:
    rows = tuple(_row(one, part) for part in _parts(one.due))
    return Posting(id=one.id, how=How.END, rows=rows, texts=tuple(map(encode, rows)))


def _parts(amount: Loaded) -> Iterator[Loaded]:
    """The amount in rows that the store can add up exactly."""
    largest = max(abs(amount.hosting), abs(amount.depreciation), abs(amount.maintenance))
    count = 1 + largest // LARGEST
    for n in range(count):
        yield Loaded(
            hosting=_part(amount.hosting, n, count),
            depreciation=_part(amount.depreciation, n, count),
            maintenance=_part(amount.maintenance, n, count),
        )


def _part(amount: int, n: int, count: int) -> Nanos:
    return Nanos(amount * (n + 1) // count - amount * n // count)


def _row(one: Accrual, part: Loaded) -> EventRow:
    return without_request(
        kind=ACCRUAL,
        id=one.id,
        at=instant(following(one.month)) - 1,
        organisation=one.bearer.organisation,
        team=one.bearer.team,
        customer=one.bearer.customer,
        feature=one.bearer.feature,
        model=one.card.id,
        provider=one.card.provider,
        model_class=one.card.model_class.value,
        **shares(part),
        loaded_cost_nanos=part.total,
    )
