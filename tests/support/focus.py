"""Sums of a day, one attribute at a time, and their charges."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from routergate.domain.model import ModelCard, ModelClass, RateCard
from routergate.domain.usage import Usage
from routergate.reporting.focus.charges import charges, origins
from routergate.reporting.focus.columns import Cell
from routergate.reporting.focus.group import Group
from support.builders import a_card

DAY = date(2026, 10, 15)
RATES = RateCard(
    start=date(2026, 1, 1),
    input=Decimal("2.5"),
    output=Decimal(10),
    cache_read=Decimal("1.25"),
    discount=Decimal("0.2"),
)
CARDS: dict[str, ModelCard] = {
    "large": a_card("large", prices=(RATES,), region="eu"),
    "timed": a_card(
        "timed", prices=(replace(RATES, per_request=Decimal("0.01"), per_second=Decimal("0.0006")),)
    ),
    "own": a_card(
        "own",
        model_class=ModelClass.SELF_HOSTED,
        prices=(replace(RATES, input=Decimal(0), output=Decimal(0)),),
    ),
}
"""One at rates with a discount, one with fees besides, and one of our own; others are not known any more."""


def a_group(**changes: Any) -> Group:
    """A hundred requests with a million tokens read and as many written, for 10 USD: 12.50 at list prices."""
    group = Group(
        day=DAY,
        organisation="acme",
        team="search",
        feature="answers",
        model="large",
        provider="openai",
        requests=100,
        usage=Usage(input_uncached=1_000_000, output=1_000_000),
        cost=10_000_000_000,
    )
    return replace(group, **changes)


def exported(groups: Sequence[Group]) -> list[dict[str, Cell]]:
    """All charges of all groups."""
    split = origins(groups)
    return [row for group in groups for row in charges(group, CARDS.get(group.model), split)]


def total(rows: Sequence[dict[str, Cell]], column: str) -> int:
    """A cost of all rows in nano-dollars."""
    return int(sum((Decimal(str(row[column])) for row in rows), Decimal(0)).scaleb(9))
