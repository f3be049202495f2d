"""Days that are kept no longer: what was dropped is written down before anything is deleted."""

from urllib.parse import quote

import msgspec

from routergate.domain.errors import LedgerUnusable
from routergate.ledger.shelf import Shelf
from routergate.ledger.totals import Day


class _Dropped(msgspec.Struct, frozen=True, kw_only=True):
    v: int = 1
    before: Day


def dropped(shelf: Shelf, organisation: str) -> Day | None:
    """The first day that is kept, if any were dropped."""
    content = shelf.get(_path(organisation))
    if content is None:
        return None
    try:
        return msgspec.json.decode(content, type=_Dropped).before
    except msgspec.MsgspecError as error:
        raise LedgerUnusable(
            f"{shelf.place}/{_path(organisation)} is damaged: {error}. Write the first day that is "
            'kept, as in {"before": "2026-01-31"}.'
        ) from error


def drop(shelf: Shelf, organisation: str, before: Day) -> None:
    """From here on, no row of an earlier day counts. What was dropped before stays so."""
    known = dropped(shelf, organisation)
    if known is None or known < before:
        shelf.put(_path(organisation), msgspec.json.encode(_Dropped(before=before)))


def _path(organisation: str) -> str:
    return f"_dropped/organisation={quote(organisation, safe='')}.json"
