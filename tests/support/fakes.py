"""Parts of the world that do as they are told and keep what they saw."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field

from routergate.dispatch.checked import Checker
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.fleet import Replica
from routergate.domain.asset import Volume
from routergate.domain.caching import Question
from routergate.domain.errors import StoreUnavailable
from routergate.domain.event import UsageEvent
from routergate.domain.identity import Identity
from routergate.domain.model import ModelCard, ProviderId
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Line, Reply
from routergate.ports import (
    Cache,
    Chunk,
    Homes,
    Kept,
    Keyring,
    Ledger,
    Lengths,
    Provider,
    Telemetry,
    TokenCounter,
    Volumes,
    Whole,
)
from routergate.providers.reading import ChatReader
from routergate.spend.book import Book
from support.redis import HandClock


@dataclass(frozen=True)
class Wait:
    """A provider that takes its time, by the hand-driven clock."""

    seconds: float


@dataclass(frozen=True)
class Hang:
    """A provider that says no more."""


Step = Chunk | Exception | Wait | Hang


@dataclass
class FakeProvider:
    """Goes through its script: yields chunks, raises errors, lets time pass or hangs."""

    script: Sequence[Step] = (Chunk(data=b"answer", text="answer"),)
    clock: HandClock = field(default_factory=HandClock)
    asked: list[ModelCard] = field(default_factory=list)
    closed: int = 0
    count: int | None = None
    keeps: Kept | None = None
    """What it says of a kept answer; `None`: what it was asked."""
    kept_asked: int = 0
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    async def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        self.asked.append(card)
        try:
            for step in self.script:
                if isinstance(step, Chunk):
                    yield step
                else:
                    await self._suffer(step)
        finally:
            self.closed += 1

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        return self.count

    async def kept(self, method: str, path: str) -> Kept:
        self.kept_asked += 1
        return self.keeps or Kept(status=200, body=f"{method} {path}".encode(), content_type="text/plain")

    async def _suffer(self, step: Exception | Wait | Hang) -> None:
        if isinstance(step, Exception):
            raise step
        if isinstance(step, Wait):
            self.clock.seconds += step.seconds
        else:
            self.hanging.set()
            await asyncio.Event().wait()


def a_dispatcher(
    providers: Mapping[ProviderId, Provider], clock: HandClock | None = None, draw: float = 0.0
) -> Dispatcher:
    """One server for each provider; pauses pass on the hand-driven clock."""
    fleet = {name: [Replica(provider=name, name=name, api=api)] for name, api in providers.items()}
    return Dispatcher(
        fleet=fleet,
        chance=lambda: draw,
        sleep=(clock or HandClock()).sleep,
        checker=Checker(ChatReader()),
    )


@dataclass
class ListLedger:
    """Keeps the events, and what requests hold."""

    events: list[UsageEvent] = field(default_factory=list)
    reserved: list[UsageEvent] = field(default_factory=list)
    book: Book = field(default_factory=Book)
    away: bool = False
    """Whether the store does not answer."""

    async def reserve(self, event: UsageEvent, lines: Sequence[Line], *, durable: bool = False) -> Reply:
        if self.away:
            raise StoreUnavailable("The store is away.")
        self.reserved.append(event)
        return self.book.reserve(event.id, lines, event.at / 1e9)

    def settle(self, event: UsageEvent) -> None:
        self.events.append(event)
        self.book.settle(event.id, event.charges, event.at / 1e9)


@dataclass
class ListTelemetry:
    """Keeps the events and the refusals."""

    events: list[UsageEvent] = field(default_factory=list)
    refusals: list[tuple[int, str]] = field(default_factory=list)

    def record(self, event: UsageEvent) -> None:
        self.events.append(event)

    def refused(self, status: int, code: str) -> None:
        self.refusals.append((status, code))


@dataclass
class OpenKeyring:
    """Knows everybody, as the same caller."""

    identity: Identity = field(default_factory=lambda: Identity(key="key-1", organisation="acme"))

    async def identify(self, token: str | None, peer: str | None = None) -> Identity:
        return self.identity


@dataclass
class ListLengths:
    """Expects always the same, and keeps what it is shown."""

    usual: int = 300
    seen: list[tuple[str, str, int]] = field(default_factory=list)

    def expected(self, model: str, task: str) -> int:
        return self.usual

    def observe(self, model: str, task: str, output_tokens: int) -> None:
        self.seen.append((model, task, output_tokens))


@dataclass
class ListVolumes:
    """Knows always the same, and keeps what it is shown."""

    known: Volume = field(default_factory=Volume)
    seen: list[tuple[str, int]] = field(default_factory=list)

    def of(self, model: str, at: int) -> Volume:
        return self.known

    def observe(self, model: str, at: int) -> None:
        self.seen.append((model, at))


@dataclass
class DictHomes:
    """Keeps where answers are."""

    known: dict[tuple[str, str], ProviderId] = field(default_factory=dict)

    async def of(self, organisation: str, answer_id: str) -> ProviderId | None:
        return self.known.get((organisation, answer_id))

    async def remember(self, organisation: str, answer_id: str, provider: ProviderId) -> None:
        self.known[organisation, answer_id] = provider


@dataclass
class DictCache:
    """Keeps answers by the whole request, and what it was asked to keep."""

    kept: dict[str, Whole] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    async def find(self, question: Question) -> Whole | None:
        self.asked.append(question)
        return self.kept.get(repr((question.settings, question.request.payload)))

    async def keep(self, question: Question, answer: Whole) -> None:
        self.kept[repr((question.settings, question.request.payload))] = answer


class WordCounter:
    """A token is a word."""

    async def count(self, texts: Sequence[str]) -> int:
        return sum(map(self.estimate, texts))

    def estimate(self, text: str) -> int:
        return len(text.split())


_provider: type[Provider] = FakeProvider
_ledger: type[Ledger] = ListLedger
_telemetry: type[Telemetry] = ListTelemetry
_keyring: type[Keyring] = OpenKeyring
_lengths: type[Lengths] = ListLengths
_volumes: type[Volumes] = ListVolumes
_homes: type[Homes] = DictHomes
_cache: type[Cache] = DictCache
_counter: type[TokenCounter] = WordCounter
