"""Who did what to which key: written with the change, never changed itself, without tokens and digests."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Literal, TypeAlias

import msgspec

from routergate.accounts.keys import KeyRecord, terms
from routergate.store.client import Store

AUDIT = "rg:audit:{keys}"
"""The stream in the store."""
PAGE = 500
"""Entries in one round trip."""

Action: TypeAlias = Literal["create", "rotate", "disable", "enable", "revoke", "budget"]


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one key."""

    at: int
    """Nanoseconds since the epoch."""
    by: str
    """A person at the command line (`cli:ann`), or `admin API`."""
    action: Action
    key: str
    changes: Mapping[str, Mapping[str, Any]]
    """What it is `from` and `to`, by the words that operators use."""


def entry(action: Action, before: KeyRecord | None, after: KeyRecord, *, by: str, at: int) -> bytes:
    """What the log says of a change."""
    old, new = terms(before) if before else {}, terms(after)
    changes = {
        name: {"from": old.get(name), "to": value} for name, value in new.items() if old.get(name) != value
    }
    return msgspec.json.encode(AuditEntry(at=at, by=by, action=action, key=after.id, changes=changes))


async def entries(store: Store, *, key: str | None = None, most: int | None = None) -> list[AuditEntry]:
    """The log, oldest first; of one key, or the last few, if so asked."""
    found: list[AuditEntry] = []
    async with aclosing(_newest_first(store)) as log:
        async for one in log:
            if len(found) == most:
                break
            if key in {None, one.key}:
                found.append(one)
    return found[::-1]


async def _newest_first(store: Store) -> AsyncGenerator[AuditEntry, None]:
    end = "+"
    while page := await store.call("XREVRANGE", AUDIT, end, "-", "COUNT", PAGE):
        for place, fields in page:
            yield msgspec.json.decode(fields[b"entry"], type=AuditEntry)
            end = f"({place.decode()}"
