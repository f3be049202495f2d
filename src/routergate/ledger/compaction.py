"""Many small files of a day → one, and days that are kept no longer; wherever it is killed.

A merged file is named for the entries of all that it was made from, so that `coverage` passes over these from
the moment it stands; only then are they removed. What is left over is removed by the next run.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from routergate.ledger.consumer import ledger_name, whole
from routergate.ledger.coverage import File, files
from routergate.ledger.lease import Lease, lease
from routergate.ledger.mark import read_mark
from routergate.ledger.parquet import merge, path_of
from routergate.ledger.retention import drop
from routergate.ledger.shelf import Shelf
from routergate.ledger.totals import Day
from routergate.store.client import Store

LARGEST = 128 * 1024 * 1024
"""Bytes that are merged into one file at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compacted:
    """What became of the files."""

    merged: int = 0
    """Files that are part of another one now."""
    removed: int = 0
    """Files that are gone: these, and those of days that were dropped."""

    def __add__(self, other: "Compacted") -> "Compacted":
        return Compacted(merged=self.merged + other.merged, removed=self.removed + other.removed)


async def compact(
    store: Store, shelf: Shelf, organisation: str, *, before: Day | None, largest: int = LARGEST
) -> Compacted:
    """Merge the files of each day before that one, and remove what is left over from earlier runs.

    Raises `LedgerBusy` if the export or another command works on these files right now.
    """
    async with lease(store, organisation) as held:
        work = _Compaction(shelf, held, largest)
        removed = await work.remove((await whole(files, shelf, organisation)).left_over)
        merged = 0
        mark = await whole(read_mark, shelf, organisation, await ledger_name(store, organisation))
        current = (await whole(files, shelf, organisation)).current
        settled = [one for one in current if one.bounds and (mark.written or one.name != mark.name)]
        for day, of_day in groupby(settled, lambda file: file.day):
            if before is not None and day < before:
                merged += await work.merge(list(of_day))
        return Compacted(merged=merged, removed=removed + merged)


async def drop_before(store: Store, shelf: Shelf, organisation: str, day: Day) -> Compacted:
    """Keep no day before that one. What the days came to stays in the store's totals."""
    async with lease(store, organisation):
        await whole(drop, shelf, organisation, day)
    return await compact(store, shelf, organisation, before=None)


@dataclass(frozen=True, slots=True)
class _Compaction:
    shelf: Shelf
    lease: Lease
    largest: int

    async def merge(self, found: Sequence[File]) -> int:
        """How many files of a day became part of another one."""
        merged = 0
        for group in self._groups(found):
            if len(group) > 1:
                await self._put(group)
                merged += await self.remove(group)
        return merged

    async def _put(self, group: Sequence[File]) -> None:
        # One that somebody took away meanwhile is nothing, and that is no file: it stops here.
        contents = {one.path: await whole(self.shelf.get, one.path) for one in group}
        first, last = group[0], group[-1]
        name = f"{first.name.partition('_')[0]}_{last.name.partition('_')[2]}"
        together = await whole(merge, contents, first.organisation)
        await self.lease.renew()
        await whole(self.shelf.put, path_of(first.organisation, first.day, name), together)

    async def remove(self, found: Sequence[File]) -> int:
        """How many files were removed."""
        for file in found:
            await self.lease.renew()
            await whole(self.shelf.remove, file.path)
        return len(found)

    def _groups(self, found: Sequence[File]) -> Iterator[Sequence[File]]:
        """Neighbours, together no larger than a file may be."""
        group, size = list[File](), 0
        for file in found:
            if group and size + file.size > self.largest:
                yield group
                group, size = [], 0
            group.append(file)
            size += file.size
        yield group
