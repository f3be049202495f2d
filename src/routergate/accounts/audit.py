"""Who did what: keys, sessions, the configuration. Never changed afterwards, without tokens and digests."""

import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

from routergate.accounts.keys import KeyRecord, terms
from routergate.accounts.times import shown
from routergate.domain.errors import InvalidRequest
from routergate.ports import Clock
from routergate.store.client import Store

AUDIT = "rg:audit:{keys}"
"""The stream in the store."""
PAGE = 500
"""Entries in one round trip."""
MOST_SEEN = 20_000
"""Entries that one page may be chosen from; the next one goes on from there."""
PLACE = re.compile(r"\d{1,20}-\d{1,20}")


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change."""

    at: int
    """Nanoseconds since the epoch."""
    by: str
    """A person at the command line (`cli:ann`), `admin API`, or a session (`console 1a2b3c4d`)."""
    action: str
    key: str | None = None
    """The key that was changed, if one was."""
    on: str | None = None
    """What else was."""
    changes: Mapping[str, Mapping[str, Any]] = {}
    """What it is `from` and `to`, by the words that operators use."""


def entry(action: str, before: KeyRecord | None, after: KeyRecord, *, by: str, at: int) -> bytes:
    """What the log says of a change of a key."""
    old, new = terms(before) if before else {}, terms(after)
    changes = {
        name: {"from": old.get(name), "to": value} for name, value in new.items() if old.get(name) != value
    }
    return msgspec.json.encode(AuditEntry(at=at, by=by, action=action, key=after.id, changes=changes))


async def entries(store: Store, *, key: str | None = None, most: int | None = None) -> list[AuditEntry]:
    """The log, oldest first; of one key, or the last few, if so asked."""
    found: list[AuditEntry] = []
    async with aclosing(_newest_first(store)) as log:
        async for _, one in log:
            if len(found) == most:
                break
            if key in {None, one.key}:
                found.append(one)
    return found[::-1]


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The log, for those who read it page by page and for what is no key."""

    store: Store
    clock: Clock

    async def note(self, by: str, action: str, on: str, **changes: Mapping[str, Any]) -> None:
        """Write down that somebody does something; raises `StoreUnavailable`."""
        made = AuditEntry(at=self.clock.epoch_ns(), by=by, action=action, on=on, changes=changes)
        await self.store.call("XADD", AUDIT, "*", "entry", msgspec.json.encode(made))

    async def page(
        self, key: str | None, after: str | None, most: int
    ) -> tuple[list[Mapping[str, Any]], str | None]:
        """Entries from the newest on, of one `key` if so asked; and the place behind which there are more."""
        if after is not None and not PLACE.fullmatch(after):
            raise InvalidRequest("'cursor' is not one that a list of changes has given.", param="cursor")
        rows: list[Mapping[str, Any]] = []
        seen, last = 0, None
        async with aclosing(_newest_first(self.store, f"({after}" if after else "+")) as log:
            async for place, one in log:
                if len(rows) == most or seen == MOST_SEEN:
                    return rows, last
                seen, last = seen + 1, place
                if key in {None, one.key}:
                    rows.append(plain(one))
        return rows, None


def plain(one: AuditEntry) -> Mapping[str, Any]:
    """An entry in JSON's terms."""
    return {
        "at": shown(one.at),
        "by": one.by,
        "action": one.action,
        "key": one.key,
        "on": one.on or one.key,
        "changes": one.changes,
    }


async def _newest_first(store: Store, end: str = "+") -> AsyncGenerator[tuple[str, AuditEntry], None]:
    while page := await store.call("XREVRANGE", AUDIT, end, "-", "COUNT", PAGE):
        for place, fields in page:
            yield place.decode(), msgspec.json.decode(fields[b"entry"], type=AuditEntry)
        end = f"({page[-1][0].decode()}"
