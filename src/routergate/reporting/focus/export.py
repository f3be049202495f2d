"""The ledger's rows → FOCUS, as CSV or Parquet."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from io import StringIO
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard
from routergate.domain.usage import KINDS, Usage
from routergate.reporting.charged import ACCRUAL, charged
from routergate.reporting.engine import as_parquet, fetched
from routergate.reporting.focus.charges import charges, origins
from routergate.reporting.focus.columns import COLUMNS, Cell, Type
from routergate.reporting.focus.group import Group
from routergate.reporting.rows import FIXED, money, requests, tokens

BY = ("date", "organisation", "team", "customer", "feature", "model", "provider", "service_tier")
OWN = {"x_ModelClass": "string"}
_PARQUET = {Type.STRING: "string", Type.JSON: "string"}
Rows = Sequence[Mapping[str, Cell]]


def exported(rows: Table, cards: Mapping[str, ModelCard]) -> tuple[list[dict[str, Cell]], dict[str, int]]:
    """Every charge, and by model the requests that are in none, because nobody knows what they cost."""
    found, missing = groups(rows)
    split = origins(found)
    return [row for group in found for row in charges(group, cards.get(group.model), split)], missing


def groups(rows: Table) -> tuple[list[Group], dict[str, int]]:
    """The sums of each day, account, model and purpose; and what they leave out."""
    paid = charged(rows).filter(lambda one: one.model.notnull() | (one.cost_nanos != 0))
    known = paid.filter(paid.cost_nanos.notnull())
    sums = known.group_by(*BY, accrual=known.kind == ACCRUAL).agg(
        **{kind: tokens(known, [kind]) for kind in KINDS},
        **{name: money(known, name) for name in FIXED},
        requests=requests(known),
        seconds=known.seconds.sum(),
        cost=money(known, "cost_nanos"),
    )
    found = fetched(sums.order_by(*BY, "accrual"))
    unknown = paid.filter(paid.cost_nanos.isnull()).group_by("model").agg(requests=requests)
    missing = {row["model"]: int(row["requests"]) for row in fetched(unknown) if row["requests"]}
    return [_group(row) for row in found], missing


def as_csv(rows: Rows) -> str:
    """With a head; null is empty."""
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*COLUMNS, *OWN])
    for row in rows:
        writer.writerow([_text(row[name]) for name in (*COLUMNS, *OWN)])
    return out.getvalue()


def write_parquet(rows: Rows, path: str) -> None:
    """Decimals and times as such."""
    kinds = {name: _PARQUET.get(column.type, column.type.value) for name, column in COLUMNS.items()} | OWN
    as_parquet(kinds, [[row[name] for name in kinds] for row in rows], path)


def parsed(text: str) -> Iterable[dict[str, Cell]]:
    """The rows of a CSV such as `as_csv` writes; what is not of its column's type stays a text."""
    for row in csv.DictReader(StringIO(text)):
        yield {name: _cell(name, value) for name, value in row.items()}


def _group(row: dict[str, Any]) -> Group:
    return Group(
        day=row["date"],
        organisation=row["organisation"],
        team=row["team"],
        customer=row["customer"],
        feature=row["feature"],
        model=row["model"] or "none",
        provider=row["provider"] or "none",
        tier=row["service_tier"],
        accrual=row["accrual"],
        requests=int(row["requests"]),
        seconds=Decimal(repr(row["seconds"] or 0.0)),
        usage=Usage(**{kind: int(row[kind]) for kind in KINDS}),
        cost=int(row["cost"]),
        fixed=(int(row[FIXED[0]]), int(row[FIXED[1]]), int(row[FIXED[2]])),
    )


def _text(cell: Cell) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%dT%H:%M:%SZ}"
    return "" if cell is None else _digits(cell) if isinstance(cell, Decimal) else cell


def _digits(number: Decimal) -> str:
    """With a point, by which readers that guess types know a decimal."""
    text = f"{number:f}"
    return text if "." in text else f"{text}.0"


def _cell(name: str, text: str) -> Cell:
    column = COLUMNS.get(name)
    if not text or column is None:
        return text or None
    try:
        if column.type is Type.DECIMAL:
            return Decimal(text)
        return datetime.fromisoformat(text) if column.type is Type.TIME else text
    except (ValueError, ArithmeticError):
        return text
