"""The specification's rules that an export can break: columns, null, types, values, and what must add up.

They look at rows as they are exported, and know nothing of the ledger.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from routergate.reporting.focus.columns import COLUMNS, Cell, Column, Row, Type


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that a row breaks."""

    row: int
    """From 1; 0: all of them."""
    column: str
    what: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.what}" if self.row else f"{self.column}: {self.what}"


def breaches(rows: Iterable[Row]) -> Iterator[Breach]:
    """Every rule that is broken, row by row, and at last those about several rows."""
    ratios: dict[tuple[Cell, ...], Decimal] = defaultdict(Decimal)
    for number, row in enumerate(rows, 1):
        for column, what in _of_row(row):
            yield Breach(number, column, what)
        for place, ratio in _ratios(row):
            ratios[place] += ratio
    for place, total in ratios.items():
        if total != 1:
            yield Breach(0, "AllocatedMethodDetails", f"ratios of {place[0]} come to {total}, not to 1")


def _of_row(row: Row) -> Iterator[tuple[str, str]]:
    for name in row:
        if name not in COLUMNS and not name.startswith("x_"):
            yield name, "is no column of the specification; a column of one's own begins with x_"
    broken = [(name, what) for name, column in COLUMNS.items() for what in _of_cell(name, column, row)]
    yield from broken
    if not broken:  # the rules below take types for granted
        for column, is_broken, what in RULES:
            if is_broken(row):
                yield column, what


def _of_cell(name: str, column: Column, row: Row) -> Iterator[str]:
    if name not in row:
        if column.mandatory:
            yield "is missing"
        return
    value = row[name]
    if value is None:
        if not column.nullable:
            yield "must not be null"
    elif wrong := TYPES[column.type](value):
        yield wrong
    elif column.allowed and value not in column.allowed:
        yield f"{value!r} is not one of {', '.join(sorted(column.allowed))}"
    elif column.least is not None and isinstance(value, Decimal) and value < column.least:
        yield f"must be at least {column.least}"


def _text(value: Cell) -> str | None:
    return None if isinstance(value, str) and value else "must be a text, and null rather than empty"


def _decimal(value: Cell) -> str | None:
    return None if isinstance(value, Decimal) and value.is_finite() else "must be a finite decimal"


def _time(value: Cell) -> str | None:
    return None if isinstance(value, datetime) and value.tzinfo is UTC else "must be a time in UTC"


def _json(value: Cell) -> str | None:
    try:
        read = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        read = None
    return None if isinstance(read, dict) else "must be a JSON object"


TYPES: Mapping[Type, Callable[[Cell], str | None]] = {
    Type.STRING: _text,
    Type.DECIMAL: _decimal,
    Type.TIME: _time,
    Type.JSON: _json,
}
"""What is wrong with a value."""


def _priced(row: Row) -> bool:
    """Usage and purchases have prices, unless they correct others."""
    return row["ChargeCategory"] in {"Usage", "Purchase"} and row["ChargeClass"] != "Correction"


def _product(cost: str, price: str) -> Callable[[Row], bool]:
    """Whether a cost is not the product of its price and quantity."""

    def differs(row: Row) -> bool:
        each, quantity = row.get(price), row["PricingQuantity"]
        known = isinstance(each, Decimal) and isinstance(quantity, Decimal)
        return known and row[cost] != each * quantity  # type: ignore[operator]  # known says that both are decimals

    return differs


def _absent(name: str) -> Callable[[Row], bool]:
    return lambda row: _priced(row) and row.get(name) is None


def _without_sku(name: str) -> Callable[[Row], bool]:
    return lambda row: row.get("SkuPriceId") is None and row.get(name) is not None


def _apart(one: str, other: str) -> Callable[[Row], bool]:
    return lambda row: (row.get(one) is None) != (row.get(other) is None)


def _ordered(start: str, end: str) -> Callable[[Row], bool]:
    return lambda row: not row[start] < row[end]  # type: ignore[operator]  # both are times by now


RULES: tuple[tuple[str, Callable[[Row], bool], str], ...] = (
    ("ListCost", _product("ListCost", "ListUnitPrice"), "is not ListUnitPrice × PricingQuantity"),
    (
        "ContractedCost",
        _product("ContractedCost", "ContractedUnitPrice"),
        "is not ContractedUnitPrice × PricingQuantity",
    ),
    (
        "ListCost",
        lambda row: row.get("ListUnitPrice") is None and row["ListCost"] != row["BilledCost"],
        "without a ListUnitPrice must be the BilledCost",
    ),
    *(
        (name, _absent(name), "must not be null for usage and purchases")
        for name in (
            "SkuId",
            "SkuPriceId",
            "ListUnitPrice",
            "PricingQuantity",
            "PricingUnit",
            "PricingCategory",
        )
    ),
    *(
        (name, _without_sku(name), "must be null without a SkuPriceId")
        for name in (
            "ListUnitPrice",
            "ContractedUnitPrice",
            "PricingQuantity",
            "PricingUnit",
            "PricingCategory",
            "ConsumedQuantity",
            "SkuPriceDetails",
        )
    ),
    (
        "ConsumedQuantity",
        lambda row: row["ChargeCategory"] == "Usage" and _absent("ConsumedQuantity")(row),
        "must not be null for usage",
    ),
    (
        "ConsumedQuantity",
        lambda row: row["ChargeCategory"] != "Usage" and row.get("ConsumedQuantity") is not None,
        "is for usage only",
    ),
    (
        "ChargeFrequency",
        lambda row: row["ChargeCategory"] == "Purchase" and row.get("ChargeFrequency") == "Usage-Based",
        "of a purchase must not be Usage-Based",
    ),
    ("ConsumedUnit", _apart("ConsumedQuantity", "ConsumedUnit"), "and ConsumedQuantity belong together"),
    ("PricingUnit", _apart("PricingQuantity", "PricingUnit"), "and PricingQuantity belong together"),
    ("SubAccountType", _apart("SubAccountId", "SubAccountType"), "and SubAccountId belong together"),
    ("ResourceType", _apart("ResourceId", "ResourceType"), "and ResourceId belong together"),
    ("SkuMeter", _apart("SkuId", "SkuMeter"), "and SkuId belong together"),
    ("ChargePeriodEnd", _ordered("ChargePeriodStart", "ChargePeriodEnd"), "is not after ChargePeriodStart"),
    (
        "BillingPeriodEnd",
        _ordered("BillingPeriodStart", "BillingPeriodEnd"),
        "is not after BillingPeriodStart",
    ),
    (
        "AllocatedResourceId",
        lambda row: row.get("AllocatedMethodId") is None and row.get("AllocatedResourceId") is not None,
        "without an AllocatedMethodId must be null",
    ),
    (
        "AllocatedMethodDetails",
        _apart("AllocatedMethodId", "AllocatedMethodDetails"),
        "and AllocatedMethodId belong together",
    ),
)
"""What must not be true of a row, and what is said if it is."""


def _ratios(row: Row) -> Iterator[tuple[tuple[Cell, ...], Decimal]]:
    """What the row has of its origin charge."""
    details = row.get("AllocatedMethodDetails")
    if not isinstance(details, str) or _json(details):
        return
    read: dict[str, Any] = json.loads(details, parse_float=Decimal, parse_int=Decimal)
    for element in read.get("Elements", ()):
        origin = row.get("SkuPriceId"), row["ChargePeriodStart"], row.get("AllocatedMethodId")
        yield origin, element["AllocatedRatio"]
