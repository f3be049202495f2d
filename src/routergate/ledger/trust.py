"""How far models are trusted, in the store: one version of it for all processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from routergate.domain.quality import Comparison, Subject, Transition
from routergate.ledger.names import NEWS, TRANSITIONS, TRANSITIONS_TOLD, WATCHED, WATCHES
from routergate.quality.kept import as_json
from routergate.quality.standings import Order
from routergate.quality.watch import Watch
from routergate.store.client import Script, Store

WRITE = Script.packaged("routergate.ledger", "trust.lua")
PORTION = 500
"""News that are taken into account at a time."""
MOST = 100_000
"""News that wait at most; without anybody who reads them, the oldest are dropped."""
START = "0-0"
News = Comparison | Order
KINDS: Mapping[bytes, type[News]] = {b"comparison": Comparison, b"order": Order}


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the store has, at one version of it."""

    version: int
    place: str
    """Of the news that was taken into account last."""
    watches: Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class StoredTrust:
    """Every method raises `StoreUnavailable`."""

    store: Store

    async def say(self, news: Sequence[News]) -> None:
        """Have it taken into account, soon and in this order."""
        names = {kind: name for name, kind in KINDS.items()}
        await self.store.together(
            [
                ("XADD", NEWS, "MAXLEN", "~", MOST, "*", names[type(one)], msgspec.json.encode(one))
                for one in news
            ]
        )

    async def kept(self) -> Kept:
        """All of it; it may be of two versions, and then nothing can be written on top of it."""
        at, watches = await self.store.together([("HGETALL", WATCHED), ("HGETALL", WATCHES)])
        place = at.get(b"place", START.encode()).decode()
        return Kept(version=int(at.get(b"version", 0)), place=place, watches=watches)

    async def news(self, place: str) -> tuple[str, Sequence[News]]:
        """What came after a place, and the place of the last of it."""
        page = await self.store.call("XRANGE", NEWS, f"({place}", "+", "COUNT", PORTION)
        found = [
            msgspec.json.decode(text, type=KINDS[name])
            for _, fields in page
            for name, text in fields.items()
            if name in KINDS
        ]
        return (page[-1][0].decode() if page else place), found

    async def write(
        self, before: Kept, place: str, watches: Mapping[Subject, Watch], told: Sequence[Transition]
    ) -> bool:
        """All of it, or nothing if anybody has written since `before`."""
        texts = [text for subject, watch in watches.items() for text in (field_of(subject), as_json(watch))]
        moves = [msgspec.json.encode(one) for one in told]
        keys = (WATCHES, WATCHED, TRANSITIONS, NEWS)
        return bool(await self.store.run(WRITE, keys, [before.version, place, len(watches), *texts, *moves]))

    async def untold(self, listener: str, since: int) -> Sequence[tuple[str, Transition]]:
        """Moves that `listener` has not been told, oldest first, and their places.

        Whoever is new hears of those after `since` (milliseconds).
        """
        mark = await self.store.get_field(TRANSITIONS_TOLD, listener)
        start = f"({mark.decode()}" if mark else str(since)
        page = await self.store.call("XRANGE", TRANSITIONS, start, "+", "COUNT", PORTION)
        return [(place.decode(), transition(fields)) for place, fields in page]

    async def tell(self, listener: str, place: str) -> None:
        """From here on, `listener` has been told of this move and of those before it."""
        await self.store.call("HSET", TRANSITIONS_TOLD, listener, place)


def field_of(subject: Subject) -> bytes:
    """The subject as the name of a field."""
    return msgspec.json.encode((subject.route, subject.model, subject.task))


def subject_of(field: bytes) -> Subject:
    """The subject whose field this is."""
    route, model, task = msgspec.json.decode(field)
    return Subject(route=route, model=model, task=task)


def transition(fields: Mapping[bytes, bytes]) -> Transition:
    """What an entry of the stream says."""
    return msgspec.json.decode(fields[b"transition"], type=Transition)
