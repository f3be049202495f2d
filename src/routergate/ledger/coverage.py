"""Which files stand for the rows: not those whose rows another one has, nor those of days that were dropped.

A file's name is the range of stream entries that it was made from. A file that was merged from others has the
range from the first to the last of them, and covers each file of its folder that lies within.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from routergate.ledger.parquet import partition_of
from routergate.ledger.retention import dropped
from routergate.ledger.shelf import Shelf
from routergate.ledger.totals import Day

Entry = tuple[int, int]
_NAME = re.compile(r"(\d+)-(\d+)_(\d+)-(\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file of rows, and what its place says of it."""

    path: str
    organisation: str
    day: Day
    name: str
    size: int
    """Bytes."""

    @property
    def bounds(self) -> tuple[Entry, Entry] | None:
        """The first and the last entry; `None` if it has another name than it was given."""
        found = _NAME.fullmatch(self.name)
        if found is None:
            return None
        first, n, last, m = map(int, found.groups())
        return (first, n), (last, m)


@dataclass(frozen=True, slots=True)
class Coverage:
    """The files of one shelf."""

    current: tuple[File, ...]
    """Each row is in one of them; by organisation and day, in the order in which they were written."""
    left_over: tuple[File, ...]
    """Another one has their rows, or their day was dropped."""


def files(shelf: Shelf, organisation: str) -> Coverage:
    """One organisation's files. Hold its lease meanwhile: else they may change."""
    kept = dropped(shelf, organisation) or ""
    return coverage((file for file in every_file(shelf) if file.organisation == organisation), kept)


def every_file(shelf: Shelf) -> Iterator[File]:
    """All that hold rows, whether they count or not."""
    for path, size in shelf.sizes().items():
        if place := partition_of(path):
            yield File(path=path, organisation=place[0], day=place[1], name=place[2], size=size)


def coverage(found: Iterable[File], kept: Day) -> Coverage:
    """Files of one organisation, apart; `kept` is the first day that is."""
    ordered = sorted(found, key=_order)
    covered = {file for _, of_day in groupby(ordered, _day) for file in _covered(of_day)}
    left_over = {file for file in ordered if file.day < kept or file in covered}
    return Coverage(
        tuple(file for file in ordered if file not in left_over),
        tuple(file for file in ordered if file in left_over),
    )


def written_until(path: str) -> int:
    """When the last row of a file was written, milliseconds since the epoch; the far future if unknown."""
    place = partition_of(path)
    found = _NAME.fullmatch(place[2]) if place else None
    return int(found[3]) if found else 2**63


def _day(file: File) -> Day:
    return file.day


def _order(file: File) -> tuple[Day, Entry, Entry, str]:
    """The widest first of those that begin together."""
    first, (time, n) = file.bounds or ((0, 0), (0, 0))
    return file.day, first, (-time, -n), file.name


def _covered(files: Iterable[File]) -> Iterator[File]:
    """Those of a folder that lie within one before them."""
    until: Entry = (-1, -1)
    for file in files:
        if file.bounds is None:
            continue
        if file.bounds[1] <= until:
            yield file
        until = max(until, file.bounds[1])
