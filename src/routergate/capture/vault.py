"""Where captured texts are: sealed files, a folder for each day on which they end and each customer."""

import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Protocol

from routergate.capture.record import Record
from routergate.domain.errors import DataUnusable

UNTIL: Final = "until-"


class Sealing(Protocol):
    """What closes files to all but the operator."""

    def close(self, plain: bytes, name: str) -> bytes:
        """As it may be written under a name."""

    def open(self, closed: bytes, name: str) -> bytes:
        """What was closed under a name; raises `ValueError`."""

    def tag(self, *parts: str) -> str:
        """A name that tells nobody what it stands for."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A folder, on a disk of one's own or shared by all replicas."""

    folder: Path
    box: Sealing

    def keep(self, record: Record, until: date) -> None:
        """Write it down, to be deleted after a day."""
        path = self._of(until, record.organisation, record.customer) / self.box.tag(record.id)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_suffix(".new")
        unfinished.touch(mode=0o600)
        unfinished.write_bytes(self.box.close(record.as_bytes(), path.name))
        unfinished.replace(path)

    def records(self, today: date) -> Iterator[Record]:
        """All that may still be read; raises `DataUnusable` where the key is another one."""
        for folder in self._days():
            if _day(folder) >= today:
                yield from (self._read(path) for path in sorted(folder.glob("*/*")) if not path.suffix)

    def forget(self, organisation: str, customer: str) -> int:
        """Delete all that is kept of a customer; how many requests that was."""
        gone = 0
        for day in self._days():
            folder = self._of(_day(day), organisation, customer)
            gone += sum(1 for _ in folder.glob("*"))
            shutil.rmtree(folder, ignore_errors=True)
        return gone

    def expire(self, today: date) -> int:
        """Delete the days that are over; how many."""
        over = [folder for folder in self._days() if _day(folder) < today]
        for folder in over:
            shutil.rmtree(folder, ignore_errors=True)
        return len(over)

    def size(self) -> int:
        """Bytes that it takes."""
        total = 0
        for path in self.folder.rglob("*"):
            with suppress(FileNotFoundError):  # deleted meanwhile
                total += path.stat().st_size if path.is_file() else 0
        return total

    def _days(self) -> list[Path]:
        return sorted(self.folder.glob(f"{UNTIL}????-??-??"))

    def _of(self, until: date, organisation: str, customer: str | None) -> Path:
        return self.folder / f"{UNTIL}{until}" / self.box.tag(organisation, customer or "")

    def _read(self, path: Path) -> Record:
        try:
            return Record.of(self.box.open(path.read_bytes(), path.name))
        except ValueError:
            raise DataUnusable(f"{path}: cannot be read; is `capture.key` another one now?") from None


def _day(folder: Path) -> date:
    return date.fromisoformat(folder.name.removeprefix(UNTIL))
