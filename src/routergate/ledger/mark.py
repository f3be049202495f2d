"""How far the files of one organisation go, written down beside them."""

from urllib.parse import quote

import msgspec

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.shelf import Shelf

START = "0-0"
"""Before the first entry of any stream."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """The portion of a stream that was written last, or is being written."""

    v: int = 1
    ledger: str
    """The name of the ledger as the store has it: entry ids of another store mean other events."""
    first: str = START
    last: str = START
    written: bool = True
    """Whether every file of the portion stands."""

    @property
    def name(self) -> str:
        """The name of the portion's files."""
        return f"{self.first}_{self.last}"


def read_mark(shelf: Shelf, organisation: str, ledger: str) -> Mark:
    """Where to go on; raises `LedgerUnusable` if the files came from another store."""
    content = shelf.get(_path(organisation))
    if content is None:
        return Mark(ledger=ledger)
    try:
        mark = msgspec.json.decode(content, type=Mark)
    except msgspec.MsgspecError as error:
        raise LedgerUnusable(
            f"{shelf.place}/{_path(organisation)} is damaged: {error}. Restore it from a backup; without it, "
            "nobody knows which events the files have."
        ) from error
    if mark.ledger != ledger:
        raise LedgerUnusable(
            f"The files of {organisation!r} at {shelf.place} came from another store, or the store was "
            "emptied since. Take another directory (--dir); the old one can still be read."
        )
    return mark


def write_mark(shelf: Shelf, organisation: str, mark: Mark) -> None:
    """From here on, this is how far the files go."""
    shelf.put(_path(organisation), msgspec.json.encode(mark))


def _path(organisation: str) -> str:
    return f"_export/organisation={quote(organisation, safe='')}.json"
