"""Batches on disk while the store does not answer. All of it waits for the disk: not for the event loop."""

import errno
import fcntl
import logging
import os
import secrets
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from routergate.ledger.batch import Numbered
from routergate.ledger.line import DamagedLine, events_in, from_line, to_line

log = logging.getLogger(__name__)

ROOM = 1 << 30
"""Bytes that the folder may hold, whoever wrote them."""
PORTION = 1 << 20
"""Bytes that are read at once."""


class SpoolFull(OSError):
    """The folder holds as much as it may."""


class SpoolFile:
    """A file that this process alone holds: batches are added at the end and taken from the front.

    How far it was read is not written down. Whoever begins again begins at the front, and the store refuses
    what it has.
    """

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._end = os.fstat(descriptor).st_size
        self._next = 0
        self._heads: deque[Numbered] = deque()
        self.waiting = self._count() if self._end else 0
        """Events that were not taken yet."""
        self.damaged = 0
        """Lines that were set aside."""

    @property
    def begun(self) -> int:
        """When the file was begun, in seconds since the epoch."""
        return int(self.path.name.partition("-")[0])

    def append(self, text: bytes, events: int) -> None:
        """Add whole lines. When this returns they are on disk; when it raises, none was added."""
        _write(self._descriptor, text, self._end)
        os.fsync(self._descriptor)
        self._end += len(text)
        self.waiting += events

    def head(self) -> Numbered | None:
        """The first batch that was not taken; `None` if there is none."""
        while not self._heads and self._next < self._end:
            self._read()
        return self._heads[0] if self._heads else None

    def take(self) -> None:
        """Be done with the head."""
        self.waiting -= self._heads.popleft().batch.size

    def remove(self) -> None:
        """Delete the file, then let it go."""
        self.path.unlink(missing_ok=True)
        self.release()

    def shelve(self) -> Path:
        """Leave the file under a name at which nobody looks, and let it go."""
        shelf = self.path.rename(self.path.with_suffix(".old"))
        self.release()
        return shelf

    def release(self) -> None:
        """Leave the file to the next one who looks."""
        os.close(self._descriptor)

    def _read(self) -> None:
        *lines, rest = self._portion().split(b"\n")
        for line in lines:
            self._understand(line)
            self._next += len(line) + 1
        if rest and not lines:
            self._finish(rest)
            self._next = self._end

    def _finish(self, rest: bytes) -> None:
        """The last line, which has no end: whole but for that, or not meant to be read."""
        try:
            self._heads.append(from_line(rest))
        except DamagedLine:
            log.warning("%s ends in the middle of a line: its writer was killed there", self.path)

    def _portion(self) -> bytes:
        """At least one whole line; or what is left, where the file was cut short."""
        size = PORTION
        while True:
            text = os.pread(self._descriptor, min(size, self._end - self._next), self._next)
            if b"\n" in text or len(text) < size:
                return text
            size *= 2

    def _understand(self, line: bytes) -> None:
        try:
            self._heads.append(from_line(line))
        except DamagedLine as error:
            aside = self.path.with_suffix(".damaged")
            _append(aside, line + b"\n")
            self.damaged += 1
            log.error("%s: a damaged line (%s) is set aside in %s", self.path, error, aside)

    def _count(self) -> int:
        with open(self._descriptor, "rb", closefd=False) as lines:
            return sum(events_in(line) for line in lines)


class Spool:
    """What one process keeps on disk, in order: nothing, or one file."""

    def __init__(self, folder: Path, now: Callable[[], int], room: int = ROOM) -> None:
        self.folder = folder
        self._now = now
        self._room = room
        self._file: SpoolFile | None = None
        self._damaged = 0

    @property
    def waiting(self) -> int:
        """Events in the file."""
        file = self._file  # another thread may be about to remove it
        return file.waiting if file else 0

    @property
    def empty(self) -> bool:
        """Whether there is no file."""
        return self._file is None

    @property
    def damaged(self) -> int:
        """Lines that were set aside so far."""
        file = self._file
        return self._damaged + (file.damaged if file else 0)

    def append(self, batches: Sequence[Numbered]) -> None:
        """Put the batches behind the others, on disk when this returns; or raise `OSError` and add none."""
        if not batches:
            return
        text = b"".join(map(to_line, batches))
        if _held(self.folder) + len(text) > self._room:
            raise SpoolFull(
                errno.ENOSPC, f"the spool may not hold more than {self._room} bytes", str(self.folder)
            )
        file = self._file or _begun(self.folder, self._now())
        try:
            file.append(text, sum(numbered.batch.size for numbered in batches))
        except OSError:
            if self._file is None:
                file.remove()
            raise
        self._file = file

    def head(self) -> Numbered | None:
        """The first batch; with the last one the file has gone."""
        if self._file is None:
            return None
        head = self._file.head()
        if head is None:
            file, self._file = self._file, None
            self._damaged += file.damaged
            file.remove()
        return head

    def take(self) -> None:
        """Be done with the head."""
        if self._file:
            self._file.take()

    def release(self) -> None:
        """Leave the file to the next one who looks."""
        if self._file:
            self._file.release()
            self._file = None


def leftovers(folder: Path) -> list[SpoolFile]:
    """The files that nobody holds, oldest first; now this process does."""
    paths = sorted(path for path in folder.glob("*-*.spool") if path.name.partition("-")[0].isdigit())
    return [file for path in paths if (file := _taken_over(path))]


def _taken_over(path: Path) -> SpoolFile | None:
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:  # another process has just finished it
        return None
    except OSError as error:
        log.error("%s holds usage events, but this process may not write to it: %s", path, error)
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not os.fstat(descriptor).st_nlink:  # finished between opening and locking
        os.close(descriptor)
        return None
    return SpoolFile(path, descriptor)


def _begun(folder: Path, now: int) -> SpoolFile:
    """A new file. It gets the name by which others find it when it is locked already."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{now}-{secrets.token_hex(8)}.spool"
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(path)
        _sync_folder(folder)
    except BaseException:
        os.close(descriptor)
        raise
    return SpoolFile(path, descriptor)


def _sync_folder(folder: Path) -> None:
    """A new name is on disk only when its folder is."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _append(path: Path, text: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        _write(descriptor, text, os.fstat(descriptor).st_size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(descriptor: int, text: bytes, at: int) -> None:
    rest = memoryview(text)
    while rest:
        count = os.pwrite(descriptor, rest, at)
        rest, at = rest[count:], at + count


def _held(folder: Path) -> int:
    return sum(map(_size, folder.iterdir())) if folder.exists() else 0


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):  # finished meanwhile
        return path.stat().st_size
    return 0
