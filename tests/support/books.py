"""A ledger on disk without a store: rows where the export would have put them, and reports over them."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TypeVar

from ibis import Table

from routergate.domain.event import UsageEvent
from routergate.ledger.books import Books, books
from routergate.ledger.parquet import encode_rows, path_of
from routergate.ledger.record import EventRow, row
from routergate.ledger.shelf import Shelf
from routergate.ledger.totals import day_of
from routergate.reporting.engine import DUCKDB, opened
from routergate.reporting.question import Condition, Dimension, Question

Result = TypeVar("Result")
EVER = date(2020, 1, 1), date(2030, 1, 1)


def shelved(where: Path, happened: Iterable[UsageEvent | EventRow]) -> Books:
    """The books that have these, a file for each organisation and day."""
    shelf = Shelf(str(where))
    folders: dict[tuple[str, str], list[EventRow]] = {}
    for one in happened:
        flat = row(one) if isinstance(one, UsageEvent) else one
        folders.setdefault((flat.organisation, day_of(flat)), []).append(flat)
    for (organisation, day), rows in folders.items():
        shelf.put(path_of(organisation, day, "1-0_2-0"), encode_rows(rows))
    return books(shelf, *EVER)


@contextmanager
def ledgered(where: Path, *happened: UsageEvent | EventRow, engine: str = DUCKDB) -> Iterator[Table]:
    """The rows of such books."""
    with opened(shelved(where, happened), engine) as rows:
        yield rows


def reported(where: Path, work: Callable[[Table], Result], *happened: UsageEvent | EventRow) -> Result:
    """What a report makes of them."""
    with ledgered(where, *happened) as rows:
        return work(rows)


def a_question(*by: Dimension, where: dict[Dimension, str | None] | None = None) -> Question:
    """About everything, unless `where` says otherwise."""
    chosen = tuple(Condition(dimension, value) for dimension, value in (where or {}).items())
    return Question(since=EVER[0], until=EVER[1], by=by, where=chosen)
