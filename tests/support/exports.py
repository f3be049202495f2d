"""The ledger's files in tests: events settled, exported by processes that die, and read back."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from routergate.domain.event import UsageEvent
from routergate.ledger.batch import batch
from routergate.ledger.coverage import files
from routergate.ledger.delivery import HORIZON, SETTLE
from routergate.ledger.names import ORGANISATIONS, lease_key
from routergate.ledger.parquet import partition_of, read_rows
from routergate.ledger.posting import Posting, posting
from routergate.ledger.record import EventRow, encode, row
from routergate.ledger.shelf import Shelf
from routergate.store.client import Argument, Script, Store

_writers = count()


async def settle(store: Store, happened: Iterable[UsageEvent]) -> None:
    """The events, appended and counted as a gateway does it."""
    groups: dict[str, list[Posting]] = {}
    for event in happened:
        groups.setdefault(event.attribution.identity.organisation, []).append(posting(event))
    for organisation, postings in groups.items():
        work = batch(organisation, postings, 1000)
        await store.call("SADD", ORGANISATIONS, organisation)
        stamp: list[Argument] = [f"writer-{next(_writers)}", 1, 1_000_000, HORIZON]
        assert await store.run(SETTLE, work.keys, [*stamp, *work.contents]) == [b"applied"]


def on_shelf(shelf: Shelf) -> list[EventRow]:
    """Every row that counts."""
    organisations = {place[0] for path in shelf.rows() if (place := partition_of(path))}
    return [
        flat
        for organisation in sorted(organisations)
        for file in files(shelf, organisation).current
        for flat in read_rows(shelf, file.path, organisation)
    ]


def same(rows: Iterable[EventRow], happened: Iterable[UsageEvent]) -> bool:
    """Whether each event is one row, and each row one event."""
    return Counter(map(encode, rows)) == Counter(encode(row(event)) for event in happened)


async def expire(store: Store, *organisations: str) -> None:
    """Let the term of a dead process be over."""
    for organisation in organisations:
        await store.call("DEL", lease_key(organisation))


class Death(Exception):
    """The process is killed."""


@dataclass
class Fate:
    """When a process dies: around its n-th effect, before it or after it. From then on it does nothing."""

    at: int
    after: bool
    effects: int = 0
    dead: bool = False

    def begins(self) -> bool:
        """Whether this effect is the last, and does not come about."""
        self._live()
        self.effects += 1
        self.dead = self.effects > self.at and not self.after
        return self.dead

    def ends(self) -> None:
        self.dead = self.dead or self.effects > self.at
        self._live()

    def _live(self) -> None:
        if self.dead:
            raise Death


@dataclass(frozen=True)
class MortalStore(Store):
    """The same store, used by a process that dies."""

    fate: Fate = field(default_factory=lambda: Fate(10**9, after=False))

    async def call(self, *command: Argument) -> object:
        if self.fate.begins():
            raise Death
        reply = await super().call(*command)
        self.fate.ends()
        return reply

    async def run(
        self, script: Script, keys: Sequence[str], arguments: Sequence[Argument], *, wait_replicas: int = 0
    ) -> object:
        if self.fate.begins():
            raise Death
        reply = await super().run(script, keys, arguments, wait_replicas=wait_replicas)
        self.fate.ends()
        return reply


class MortalShelf(Shelf):
    """The same files, written by a process that dies."""

    def __init__(self, where: str, fate: Fate) -> None:
        super().__init__(where)
        self._fate = fate

    def _write(self, beside: Path, content: bytes) -> None:
        if self._fate.begins():
            super()._write(beside, content[: len(content) // 2])
            raise Death
        super()._write(beside, content)
        self._fate.ends()

    def _rename(self, beside: Path, final: Path) -> None:
        if self._fate.begins():
            raise Death
        super()._rename(beside, final)
        self._fate.ends()

    def _delete(self, place: str) -> None:
        if self._fate.begins():
            raise Death
        super()._delete(place)
        self._fate.ends()
