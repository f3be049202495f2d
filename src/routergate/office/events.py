"""Single requests: from the streams, as far as they are not in files yet, and from the ledger's files."""

import asyncio
import base64
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeAlias

import msgspec

from routergate.domain.errors import InvalidRequest
from routergate.domain.operator import UnknownEvent
from routergate.economics.months import instant as midnight
from routergate.ledger.names import ORGANISATIONS
from routergate.ledger.newest import MOST_SEEN, REQUESTS, Newest, Place, called, order
from routergate.ledger.record import EventRow
from routergate.office.papers import Ask, NewestAsked, SingleAsked
from routergate.office.shown import decided, shown
from routergate.office.view import View

LATEST: Final = 86_400_000
"""Milliseconds after its arrival by which a request is in its stream."""
WRITTEN: Final = ("event", "reversal", "correction", "duplicate")
"""The kinds of rows that one request may have, in their order."""
FIELDS: Final = {"class": "model_class"}
"""Dimensions that a row has under another name."""
ARRIVED: Final = re.compile(r"req_([0-9a-f]{16})[0-9a-f]*")
"""Ids of the gateway's own making have their arrival in them."""
LOOKED_BACK: Final = 31
"""Days in which a request is looked for whose id does not say when it arrived."""
Days: TypeAlias = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Events:
    """Finds them."""

    view: View
    files: Ask
    looked_at: int = MOST_SEEN
    """Rows of streams that a page is chosen from at most."""

    async def page(
        self, days: Days, where: Mapping[str, str], after: str | None, most: int
    ) -> tuple[Sequence[Mapping[str, Any]], str | None]:
        """The newest first, and the place where the next ones begin, if there are any."""
        conditions = {name: value or None for name, value in where.items()}
        place = self._start(days) if after is None else _place(after)
        streams = Newest(
            store=self.view.store,
            wanted=_wanted(conditions),
            most=most + 1,
            place=place,
            since=midnight(days[0]),
            looked_at=self.looked_at,
        )
        await streams.read(await self._organisations(conditions.get("organisation")))
        rows = await self._merged(streams, days, conditions)
        given = rows[:most]
        if len(rows) <= most and streams.over:
            return list(map(shown, given)), None
        end = order(given[-1]) if len(rows) > most else (streams.whole, "", "")
        return list(map(shown, given)), _cursor(await asyncio.to_thread(streams.following, end))

    async def one(self, name: str, organisation: str | None) -> Mapping[str, Any]:
        """A request, with what it was decided on; raises `UnknownEvent`."""
        days = self._days_of(name)
        names = await self._organisations(organisation)
        rows = await called(self.view.store, name, names, midnight(days[0]))
        if not rows and self._has_files():
            asked = SingleAsked(ledger=self.view.ledger, days=days, id=name, organisation=organisation)
            rows = list((await self.files(asked)).rows)
        if not rows:
            raise UnknownEvent(
                "No request of this id is in the books that this gateway sees; one that has just ended takes "
                "a moment.",
                param="id",
            )
        rows.sort(key=lambda row: WRITTEN.index(row.kind))
        last = _standing(rows)
        return {**shown(last), "decision": decided(last), "rows": list(map(shown, rows))}

    async def _organisations(self, organisation: str | None) -> list[str]:
        if organisation is not None:
            return [organisation]
        return sorted(await self.view.store.members(ORGANISATIONS))

    async def _merged(self, streams: Newest, days: Days, where: Mapping[str, str | None]) -> list[EventRow]:
        """What streams and files have, each row once; no older ones than the streams were read for."""
        rows = (await asyncio.to_thread(streams.rows))[: streams.most]
        full = len(rows) == streams.most
        if not self._has_files() or (rows and rows[-1].at < streams.whole):
            return rows
        asked = NewestAsked(
            ledger=self.view.ledger,
            days=days,
            where=dict(where),
            since=max(streams.whole, rows[-1].at if full else 0),
            before=streams.place.before,
            most=streams.most,
        )
        every = {order(row): row for row in (*rows, *(await self.files(asked)).rows)}
        return [every[place] for place in sorted(every, reverse=True)][: streams.most]

    def _has_files(self) -> bool:
        """Whether there may be any: a folder that nobody has made has none."""
        return "://" in self.view.ledger or Path(self.view.ledger).is_dir()

    def _start(self, days: Days) -> Place:
        """Before the first page of some days."""
        end = midnight(days[1] + timedelta(days=1))
        written = end // 1_000_000 + LATEST
        now = self.view.clock.epoch_ns() // 1_000_000
        return Place((end, "", ""), written if written < now else None)

    def _days_of(self, name: str) -> Days:
        """When a request of this id may have arrived."""
        today = self.view.today()
        if (found := ARRIVED.fullmatch(name)) is None or int(found[1], 16) >= 2**63:
            return today - timedelta(days=LOOKED_BACK), today
        day = datetime.fromtimestamp(int(found[1], 16) // 1_000_000_000, UTC).date()
        return day - timedelta(days=1), day


def _standing(rows: Sequence[EventRow]) -> EventRow:
    """The row that is not taken back, where several were booked for a request."""
    taken = Counter(None if it.cost_nanos is None else -it.cost_nanos for it in rows if it.kind == "reversal")
    for row in rows:
        if row.kind not in {"event", "correction"}:
            continue
        if not taken[row.cost_nanos]:
            return row
        taken[row.cost_nanos] -= 1
    return rows[-1]


def _wanted(where: Mapping[str, str | None]) -> Callable[[EventRow], bool]:
    fields = [(FIELDS.get(name, name), value) for name, value in where.items()]
    return lambda row: row.kind in REQUESTS and all(getattr(row, name) == value for name, value in fields)


def _cursor(place: Place) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode()


def _place(cursor: str) -> Place:
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(cursor), type=Place)
    except (ValueError, msgspec.MsgspecError):
        raise InvalidRequest(
            "'cursor' is the 'next' of the answer before, as it is.", param="cursor"
        ) from None
