"""Where the ledger's files stand: a directory, or object storage. The one home of `pyarrow.fs`."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pyarrow import ArrowException
from pyarrow.fs import FileSelector, FileSystem, FileType, LocalFileSystem

from routergate.domain.errors import LedgerUnusable

if TYPE_CHECKING:
    from routergate.ledger.opener import Opener


class Shelf:
    """Files under one root, by their path from there. Every method raises `LedgerUnusable`, nothing else."""

    def __init__(self, where: str) -> None:
        """`where` is a directory or a URI that pyarrow understands, such as `s3://bucket/folder`."""
        self.place = _place(where)
        self._system, self._root = self._open(where)
        self._local = isinstance(self._system, LocalFileSystem)

    def put(self, path: str, content: bytes) -> None:
        """Have the file, durably, with this content or not at all; what was there before is replaced.

        On a disk it is written beside its place, synchronised and renamed. Object storage shows an object
        when it is whole, and cannot rename: there it is written in its place.
        """
        with self._translated():
            if self._local:
                self._put_on_disk(Path(self._root, path), content)
            else:
                self._put_as_object(f"{self._root}/{path}", content)

    def get(self, path: str) -> bytes | None:
        """The file's content, or `None` if there is none."""
        place = f"{self._root}/{path}"
        with self._translated():
            if self._system.get_file_info(place).type is FileType.NotFound:
                return None
            with self._system.open_input_stream(place) as stream:
                return bytes(stream.readall())

    def remove(self, path: str) -> None:
        """Have the file no longer. After a crash of the machine it may be back."""
        place = f"{self._root}/{path}"
        with self._translated():
            if self._system.get_file_info(place).type is not FileType.NotFound:
                self._delete(place)

    def rows(self) -> list[str]:
        """The paths of all files with rows, in order: those whose name begins with neither `_` nor `.`."""
        return list(self.sizes())

    def sizes(self) -> dict[str, int]:
        """The same, with the bytes of each file."""
        with self._translated():
            found = self._system.get_file_info(FileSelector(self._root, allow_not_found=True, recursive=True))
        paths = {
            PurePosixPath(info.path).relative_to(self._root): info.size for info in found if info.is_file
        }
        shown = {
            path: size for path, size in paths.items() if not any(part[0] in "_." for part in path.parts)
        }
        return {str(path): shown[path] for path in sorted(shown, key=str)}

    @property
    def root(self) -> str:
        """Where other programs find the files: a folder, or a URI without what may be secret in it."""
        return self._root if self._local else self.place.rstrip("/")

    def opener(self) -> "Opener | None":
        """How other programs open the files, where these are no folder on this machine."""
        from routergate.ledger.opener import Opener  # noqa: PLC0415  only reports need it

        return None if self._local else Opener(self._system, self._root)

    def _put_on_disk(self, final: Path, content: bytes) -> None:
        final.parent.mkdir(parents=True, exist_ok=True)
        self._clear(final)
        beside = final.with_name(f".{final.name}.{secrets.token_hex(8)}.tmp")
        self._write(beside, content)
        self._rename(beside, final)
        for folder in (final.parent, *final.parent.parents):
            _synchronise(folder)
            if folder == Path(self._root):
                return

    def _clear(self, final: Path) -> None:
        """Remove what killed runs left of the same file."""
        for left in final.parent.glob(f".{final.name}.*.tmp"):
            left.unlink(missing_ok=True)

    def _write(self, beside: Path, content: bytes) -> None:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _rename(self, beside: Path, final: Path) -> None:
        beside.replace(final)

    def _delete(self, place: str) -> None:
        self._system.delete_file(place)

    def _put_as_object(self, place: str, content: bytes) -> None:
        self._system.create_dir(place.rpartition("/")[0], recursive=True)
        with self._system.open_output_stream(place) as stream:
            stream.write(content)

    def _open(self, where: str) -> tuple[FileSystem, str]:
        if "://" not in where:
            return LocalFileSystem(), Path(where).absolute().as_posix()
        try:
            system, root = FileSystem.from_uri(where)
        except (ArrowException, OSError, ValueError):
            # What pyarrow says quotes the URI, in which there may be a secret.
            raise LedgerUnusable(
                f"The ledger cannot be at {self.place}. Give a directory or a URI such as s3://bucket/folder"
                ", with credentials in the environment."
            ) from None
        return system, root.rstrip("/")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ArrowException) as error:
            reason = str(error).partition("\n")[0][:200]
            raise LedgerUnusable(
                f"The ledger at {self.place} cannot be used ({reason}). Events stay in the store until "
                "it can."
            ) from error


def _synchronise(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _place(where: str) -> str:
    """Without user, password and query, which may hold secrets."""
    if "://" not in where:
        return where
    parts = urlsplit(where)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
