"""Money: integer nano-dollars where it is stored or added, `Decimal` for rates, never a float."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import NewType

Nanos = NewType("Nanos", int)
"""An amount in nano-dollars: 1 USD is 1 000 000 000."""

NANOS_PER_USD = 1_000_000_000


def nanos(usd: Decimal) -> Nanos:
    """`usd` dollars, rounded half to even to a whole nano-dollar."""
    return Nanos(int((usd * NANOS_PER_USD).to_integral_value(ROUND_HALF_EVEN)))


def usd(amount: int) -> Decimal:
    """`amount` nano-dollars as an exact number of dollars."""
    return Decimal(amount).scaleb(-9)


def usd_text(amount: int) -> str:
    """`amount` nano-dollars as plain decimal dollars, never in scientific notation."""
    text = f"{usd(amount):.9f}".rstrip("0")
    return text + "0" if text.endswith(".") else text
