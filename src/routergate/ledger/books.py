"""Which files a report reads, found without the lease: nobody waits for a report, and none reads a row twice.

What puts files together lets the new one stand before it takes the old ones away. So two looks that find
the same have missed nothing; and where a file is gone by the time it is read, a later look has its rows
elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from routergate.ledger.coverage import File, coverage, every_file
from routergate.ledger.parquet import SCHEMA
from routergate.ledger.retention import dropped
from routergate.ledger.shelf import Shelf

if TYPE_CHECKING:
    from routergate.ledger.opener import Opener

Result = TypeVar("Result")
TRIES = 5
"""Each of them in vain only if files were put together while it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """The files that have the rows of some days and organisations, each row once."""

    root: str
    """A folder, or a URI."""
    paths: tuple[str, ...]
    """From there: `date=…/organisation=…/….parquet`."""
    layout: Any = SCHEMA
    """The columns of a row, as a pyarrow schema; files from before a column have it not."""
    opener: "Opener | None" = None
    """What opens them as `shelf://` and their path; `None`: they are on this machine."""


def books(shelf: Shelf, since: date, until: date, organisation: str | None = None) -> Books:
    """The files of these days, both included; of all organisations by default."""
    found = tuple(_current(shelf))
    while (again := tuple(_current(shelf))) != found:
        found = again
    return Books(
        root=shelf.root,
        paths=tuple(
            one.path
            for one in found
            if since.isoformat() <= one.day <= until.isoformat() and organisation in (None, one.organisation)
        ),
        opener=shelf.opener(),
    )


def consulted(look: Callable[[], Books], work: Callable[[Books], Result]) -> Result:
    """What `work` makes of the books, all of it from the same ones.

    What it raises is raised, unless a file was taken away meanwhile: then it is asked again.
    """
    for _ in range(TRIES):
        found = look()
        try:
            return work(found)
        except Exception:
            if set(found.paths) <= set(look().paths):
                raise
    return work(look())


def _current(shelf: Shelf) -> Iterator[File]:
    ordered = sorted(every_file(shelf), key=_owner)
    for organisation, found in groupby(ordered, _owner):
        yield from coverage(found, dropped(shelf, organisation) or "").current


def _owner(file: File) -> str:
    return file.organisation
