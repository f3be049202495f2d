"""The shelf for readers that open files themselves (DuckDB); the one home of fsspec."""

from typing import Any

from fsspec.implementations.arrow import ArrowFSWrapper
from pyarrow.fs import FileSystem, SubTreeFileSystem

SCHEME = "shelf://"
"""What such a reader puts before a path, to be sent here."""


class Opener(ArrowFSWrapper):  # type: ignore[misc]  # fsspec has no types
    """The files of one shelf by their path in it, with the credentials with which they were written."""

    protocol = SCHEME.removesuffix("://")
    cachable = False

    def __init__(self, system: FileSystem, root: str) -> None:
        super().__init__(SubTreeFileSystem(root, system))

    @classmethod
    def _strip_protocol(cls, path: str) -> Any:
        return path.removeprefix(SCHEME)
