"""What a customer is asked to pay for a month, as a document that is never changed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

NOTHING = Decimal(0)


class DocumentKind(StrEnum):
    """What a document asks for."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    """Gives back what an invoice asked for too much."""
    DEBIT_NOTE = "debit_note"
    """Asks for what an invoice left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line."""

    kind: str
    plan: str
    what: str
    quantity: Decimal
    unit: str
    price: Decimal | None
    """USD for one unit; `None`: it has none."""
    amount: Decimal
    """In the document's currency."""

    @property
    def name(self) -> tuple[str, str, str, str]:
        """What it has in common with the same line of another document."""
        return self.kind, self.plan, self.what, self.unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How much was used of something."""

    of: str | None
    """The feature, route or model; `None`: of none of them."""
    requests: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who asks, or who is asked."""

    name: str
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """A month of one customer; without a number it is a draft."""

    v: int = 1
    """Of this layout, as it is stored."""
    kind: DocumentKind = DocumentKind.INVOICE
    number: str | None = None
    place: int | None = None
    """The number without what stands before it: 1, 2, 3 … of the organisation."""
    issued: date | None = None
    refers_to: str | None = None
    """The number of the invoice that it puts right."""
    organisation: str
    customer: str
    issuer: Party
    recipient: Party
    month: date
    """Its first day."""
    currency: str
    usd: Decimal
    """Dollars for one of the currency."""
    items: tuple[Item, ...]
    credit: Decimal = NOTHING
    """What of it was paid before."""
    credit_left: Decimal = NOTHING
    """For the months that follow."""
    detail: str = "none"
    """By what `used` is listed."""
    used: tuple[Used, ...] = ()

    @property
    def total(self) -> Decimal:
        """Of all lines."""
        return sum((item.amount for item in self.items), NOTHING)

    @property
    def due(self) -> Decimal:
        """What is still to be paid; negative in a credit note."""
        return self.total - self.credit
