"""A portion of one organisation's events, ready for the store."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from routergate.ledger.record import EventRow
from routergate.ledger.totals import increments

ORGANISATIONS = "rg:organisations"
"""The set of all organisations that ever left an event."""

Line = tuple[EventRow, bytes]
"""A row, and how it is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one call of the settle script takes. Built once, so that a second try is the same call."""

    organisation: str
    size: int
    keys: tuple[str, ...]
    contents: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A batch under the name by which the store knows it again. A writer's numbers rise."""

    writer: str
    sequence: int
    batch: Batch


def batch(organisation: str, lines: Sequence[Line]) -> Batch:
    """The lines, which are all of `organisation`, appended and counted in one call."""
    sums = increments(row for row, _ in lines)
    keys = [writers_key(organisation), events_key(organisation)]
    for day, key in sums:
        keys += index_key(organisation, day), usage_key(organisation, day, key)
    # As text: Lua's numbers are exact to 2^53 only.
    totals = [(key, {field: str(n) for field, n in fields.items()}) for (_, key), fields in sums.items()]
    return Batch(
        organisation=organisation,
        size=len(lines),
        keys=tuple(keys),
        contents=(msgspec.json.encode(totals), *(text for _, text in lines)),
    )


def writers_key(organisation: str) -> str:
    """The hash of writers and the last sequence that each has applied."""
    return f"rg:{{{organisation}}}:writers"


def events_key(organisation: str) -> str:
    """The stream of events."""
    return f"rg:{{{organisation}}}:events"


def index_key(organisation: str, day: str) -> str:
    """The set of the keys that were used on a day."""
    return f"rg:{{{organisation}}}:usage:{day}"


def usage_key(organisation: str, day: str, key: str) -> str:
    """The hash of a key's totals on a day."""
    return f"{index_key(organisation, day)}:{key}"


def lease_key(organisation: str) -> str:
    """Who works on the ledger's files."""
    return f"rg:{{{organisation}}}:ledger:lease"


def ledger_key(organisation: str) -> str:
    """The name of the ledger to which the stream's events go."""
    return f"rg:{{{organisation}}}:ledger"
