"""Invoices and notes as JSON, CSV and a table: the same lines in each."""

import csv
import json
from collections.abc import Iterator
from dataclasses import asdict
from decimal import Decimal
from io import StringIO
from typing import TYPE_CHECKING, Any

from routergate.domain.invoice import DocumentKind, Invoice, Item

if TYPE_CHECKING:
    from rich.table import Table

ROUNDING = (
    "Each line is reckoned exactly and rounded once, half to even, to the smallest coin of the currency; "
    "the total is the sum of the lines."
)
TITLES = {
    DocumentKind.INVOICE: "Invoice",
    DocumentKind.CREDIT_NOTE: "Credit note",
    DocumentKind.DEBIT_NOTE: "Debit note",
}
HEADS = ("kind", "plan", "what", "quantity", "unit", "price_usd", "amount", "currency")


def title(document: Invoice) -> str:
    """What it is, and its number."""
    name = TITLES[document.kind]
    return f"{name} {document.number}" if document.number else f"{name} (draft)"


def exchange(document: Invoice) -> str | None:
    """The rate that the amounts were made with; `None` for dollars."""
    if document.currency == "USD":
        return None
    return f"Prices are in USD; 1 {document.currency} = {plain(document.usd)} USD."


def plain(number: Decimal) -> str:
    """Digits without an exponent."""
    return f"{number:f}"


def as_json(document: Invoice) -> str:
    """All of it. Amounts are decimal text, which no reader can round."""
    written = asdict(document)
    written |= {
        "month": f"{document.month:%Y-%m}",
        "draft": document.number is None,
        "total": document.total,
        "due": document.due,
        "rounding": ROUNDING,
    }
    return json.dumps(written, indent=2, default=_text)


def as_csv(document: Invoice) -> str:
    """Its lines, and what was paid before as the last of them: they come to what is due."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADS)
    for item in document.items:
        writer.writerow([*_cells(item), document.currency])
    if document.credit:
        writer.writerow(["credit", "", "", "", "", "", plain(-document.credit), document.currency])
    return out.getvalue()


def as_table(document: Invoice) -> "Iterator[Table | str]":
    """For a terminal."""
    from rich.markup import escape  # noqa: PLC0415  the gateway itself draws no tables
    from rich.table import Table  # noqa: PLC0415

    heading = f"{title(document)}, {document.recipient.name}, {document.month:%Y-%m}"
    table = Table(title=escape(heading), title_justify="left", show_footer=True)
    for head in ("what", "quantity", "unit", "price USD"):
        table.add_column(head, footer="due" if head == "what" else "")
    amount = f"amount {document.currency}"
    table.add_column(amount, footer=plain(document.due), justify="right")
    for row in rows(document):
        table.add_row(*map(escape, row))
    yield table
    yield from filter(None, (exchange(document), left(document)))


def rows(document: Invoice) -> Iterator[tuple[str, ...]]:
    """Its lines for people: what, quantity, unit, price and amount."""
    for item in document.items:
        _, _, _, quantity, unit, price, amount = _cells(item)
        yield spoken(item), quantity, unit, price, amount
    if document.credit:
        yield "Paid before", "", "", "", plain(-document.credit)


def spoken(item: Item) -> str:
    """What a line is for."""
    return ": ".join(filter(None, (item.kind.capitalize(), item.what.replace("_", " "))))


def left(document: Invoice) -> str | None:
    """What is left of credits, if there are any."""
    if not document.credit and not document.credit_left:
        return None
    return f"Credit left: {plain(document.credit_left)} {document.currency}."


def _cells(item: Item) -> tuple[str, ...]:
    price = "" if item.price is None else plain(item.price)
    return item.kind, item.plan, item.what, plain(item.quantity), item.unit, price, plain(item.amount)


def _text(value: Any) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
