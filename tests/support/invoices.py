"""Invoices, one attribute at a time."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from routergate.domain.invoice import Invoice, Item, Party
from support.plans import OCTOBER


def an_item(**changes: Any) -> Item:
    """A thousand requests for thirteen dollars."""
    item = Item(
        kind="usage",
        plan="plus",
        what="",
        quantity=Decimal(1_000),
        unit="requests",
        price=None,
        amount=Decimal("13.00"),
    )
    return replace(item, **changes)


def an_invoice(**changes: Any) -> Invoice:
    """A draft for October 2026, from acme to globex, of thirteen dollars."""
    invoice = Invoice(
        organisation="acme",
        customer="globex",
        issuer=Party(name="Acme Inc.", address=("1 High Street", "London")),
        recipient=Party(name="Globex Corporation"),
        month=OCTOBER,
        currency="USD",
        usd=Decimal(1),
        items=(an_item(),),
    )
    return replace(invoice, **changes)
