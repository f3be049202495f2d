"""Single requests out of the ledger's files."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
from ibis import Table

from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.rows import ANSWERS, Expression, chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Which of them, by arrival (nanoseconds since the epoch), id and kind."""

    since: int
    before: tuple[int, str, str]
    most: int


def newest(rows: Table, question: Question, stretch: Stretch) -> list[dict[str, Any]]:
    """The newest ones of a stretch of time, the newest first, with all columns."""
    rows = chosen(rows.filter(rows.kind.isin(ANSWERS)), question)
    rows = rows.filter((rows.at >= stretch.since) & _before(rows, stretch.before))
    ordered = rows.order_by([ibis.desc("at"), ibis.desc("id"), ibis.desc("kind")])
    return fetched(ordered.limit(stretch.most))


def called(rows: Table, names: Sequence[str]) -> list[dict[str, Any]]:
    """All rows of some requests, in the order of their kinds."""
    return fetched(rows.filter(rows.id.isin(names) & rows.kind.isin(ANSWERS)).order_by("kind"))


def _before(rows: Table, end: tuple[int, str, str]) -> Expression:
    at, name, kind = end
    same = (rows.id < name) | ((rows.id == name) & (rows.kind < kind))
    return (rows.at < at) | ((rows.at == at) & same)
