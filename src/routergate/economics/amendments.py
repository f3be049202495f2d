"""What is still to be asked for, or to be given back, after what was invoiced."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import chain

from routergate.domain.invoice import DocumentKind, Invoice, Item


def outstanding(now: Invoice, earlier: Sequence[Invoice]) -> Invoice | None:
    """The document that brings what was asked for a month to what the ledger says now; `None` if it is right.

    `earlier` are all documents of the customer's month, oldest first. They stay as they are: the
    difference is a document of its own.
    """
    if not earlier:
        return now
    asked = sum((one.due for one in earlier), Decimal(0))
    if now.due == asked:
        return None
    return replace(
        now,
        kind=DocumentKind.CREDIT_NOTE if now.due < asked else DocumentKind.DEBIT_NOTE,
        refers_to=earlier[0].number,
        items=tuple(_differences(now.items, [item for one in earlier for item in one.items])),
        credit=now.credit - sum((one.credit for one in earlier), Decimal(0)),
        used=(),
    )


def _differences(now: Iterable[Item], before: Iterable[Item]) -> Iterator[Item]:
    """Line by line; what did not change is left out."""
    sums: dict[tuple[str, str, str, str], Item] = {}
    for item in chain(now, map(_negative, before)):
        known = sums.get(item.name)
        sums[item.name] = _plus(known, item) if known else item
    return (item for item in sums.values() if item.amount)


def _plus(one: Item, other: Item) -> Item:
    return replace(one, quantity=one.quantity + other.quantity, amount=one.amount + other.amount)


def _negative(item: Item) -> Item:
    return replace(item, quantity=-item.quantity, amount=-item.amount)
