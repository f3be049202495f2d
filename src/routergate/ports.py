"""What the core asks of the world, one protocol each."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from routergate.domain.answer import Form, Said
from routergate.domain.asset import Volume
from routergate.domain.caching import Question
from routergate.domain.capacity import Load, Occupancy
from routergate.domain.decision import Catalogue, Estimate
from routergate.domain.event import UsageEvent
from routergate.domain.exchange import Exchange
from routergate.domain.format import Format
from routergate.domain.identity import Identity
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.domain.overlap import Overlap
from routergate.domain.request import ChatRequest, Features, Message, Reading
from routergate.domain.reservation import Line, Reply
from routergate.domain.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of an answer, as bytes for the caller, with what was read from it on the way.

    A plain answer is one chunk; a streamed one is many, each one or more whole server-sent events.
    """

    data: bytes
    usage: Usage | None = None
    text: str = ""
    """What the model wrote in this piece: for counting where the provider gives no usage, never stored."""
    usage_only: bool = False
    """An event that carries nothing but usage: hidden from a caller who did not ask for it."""
    opening: Usage | None = None
    """What the provider counts as the answer begins: the input; it stands if the answer breaks off."""
    service_tier: str | None = None
    """How the provider says, so far, that it serves the request."""
    answer_id: str | None = None
    """The provider's name for the answer, where it may keep it."""
    rest: float | None = None
    """Seconds until the provider has something to give again, if it said at the beginning that it has not."""
    load: Load | None = None
    """How full its server is, if it said so at the beginning."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What a provider says of an answer that it keeps."""

    status: int
    body: bytes
    content_type: str


class Provider(Protocol):
    """A place that serves models."""

    def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """Yield at least one chunk, or raise `UpstreamError` or `ProviderRefused`; nothing else escapes.

        After the first chunk only `StreamBroken` may come. Ending without an error promises that the
        answer is complete. Closing the generator ends the call at once.
        """

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        """Input tokens by its own count, `None` where it offers none; raises `UpstreamError` or
        `ProviderRefused`."""

    async def kept(self, method: str, path: str) -> Kept:
        """What it says of a kept answer at `path` below all of them; raises `UpstreamError` or
        `UnknownResponse`, where it keeps none."""


class Capacity(Protocol):
    """The load of one server of one's own."""

    async def occupancy(self) -> Occupancy | None:
        """What the server says of it, within a second; `None` if it says nothing. Never raises."""


class Probe(Protocol):
    """A look at one server that costs nothing."""

    async def well(self) -> bool:
        """Whether the server says, within seconds, that it is well. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole answer, and who gave it."""

    model: ModelId
    chunks: tuple[Chunk, ...]


class Cache(Protocol):
    """Whole answers, kept to be given again."""

    async def find(self, question: Question) -> Whole | None:
        """What was kept; `None` if nothing was, or the store does not say. Never raises."""

    async def keep(self, question: Question, answer: Whole) -> None:
        """For as long as the question says, if there is room; never raises."""


class Guardrail(Protocol):
    """What an operator writes, to look at requests and answers. One of the two methods is enough.

    A method may be a coroutine function; one that is not runs in a thread. `None` leaves things as they are;
    raising `GuardrailRefused` turns them away, with a reason that the caller is told.
    """

    def before(self, messages: Sequence[Message]) -> Sequence[str] | None:
        """The texts of a request in place of those that are shown, as many and in their order."""

    def after(self, text: str) -> str | None:
        """What an answer says in place of what is shown: all of one choice or block of it."""


class Guards(Protocol):
    """The guardrails of every route."""

    async def before(self, route: str, body: bytes) -> bytes | None:
        """The body of a request as they leave it; `None`: as it is. Raises `GuardrailRefused`."""

    def looks_after(self, route: str) -> bool:
        """Whether any of them looks at the answers of a route."""

    async def after(self, route: str, spoken: Format, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """A whole answer as they leave it. Raises `GuardrailRefused`."""


class Capture(Protocol):
    """What keeps the texts of some requests, where an operator wants that."""

    def wants(self, exchange: Exchange) -> bool:
        """Whether this one is to be kept: the same word for the same request, wherever it is asked."""

    def take(self, exchange: Exchange, chunks: Sequence[Chunk]) -> None:
        """Keep it with its whole answer, without blocking and without raising."""


class Homes(Protocol):
    """Which provider keeps which answer."""

    async def of(self, organisation: str, answer_id: str) -> ProviderId | None:
        """The provider; `None` if the organisation has no such answer. Raises `StoreUnavailable`."""

    async def remember(self, organisation: str, answer_id: str, provider: ProviderId) -> None:
        """For as long as providers keep answers, without raising."""


class Reader(Protocol):
    """What an answer says, for the routes that check answers."""

    def form(self, request: ChatRequest) -> Form:
        """What a request, as it is sent, asks of the answer."""

    def said(self, chunks: Sequence[Chunk]) -> Sequence[Said]:
        """The choices, as far as they have come; none where the format is not understood. Never raises."""


class Thread(Protocol):
    """One streamed answer as the caller has it, and how another one is joined to it."""

    @property
    def text(self) -> str | None:
        """What it says so far; `None`: it cannot go on, as it is over or there is more to it than text."""

    def told(self, chunk: Chunk) -> None:
        """Note a piece that goes to the caller."""

    def joined(self, chunk: Chunk, overlap: Overlap, paid: Usage) -> Chunk:
        """A piece of another answer as if it were of this one: less the `overlap`, its usage with what was
        `paid` before; its `text` is still all that was written. Raises `AnswerDiverged`."""


class Estimator(Protocol):
    """How hard a request is, and how well each model would do."""

    def read(self, request: ChatRequest, catalogue: Catalogue, feature: str | None) -> Reading:
        """What the text says, in bounded time whatever its length."""

    def quality(self, features: Features, cards: Sequence[ModelCard]) -> Sequence[Estimate]:
        """The probability of an acceptable answer, one per card, in the same order."""

    def moved(self, features: Features, card: ModelCard) -> Mapping[str, float]:
        """What moves a model's estimate away from what is usual for it, in log-odds; no word of the text."""


class TokenCounter(Protocol):
    """How many tokens a text has."""

    async def count(self, texts: Sequence[str]) -> int:
        """Exactly for short texts, mostly within 2 % for long ones, without holding up the event loop."""

    def estimate(self, text: str) -> int:
        """The same for one text, at once, in a millisecond or two whatever its length."""


class Keyring(Protocol):
    """Who holds which key."""

    async def identify(self, token: str | None, peer: str | None = None) -> Identity:
        """Who `token` belongs to, when it comes from the address `peer`.

        Raises `Unauthenticated`, `Forbidden` (not from there) or `StoreUnavailable`.
        """


class Ledger(Protocol):
    """The record of what happened."""

    async def reserve(self, event: UsageEvent, lines: Sequence[Line], *, durable: bool = False) -> Reply:
        """Hold every line or none; again, in place of what the request held before.

        `event` is what the request leaves if its process dies. `durable`: not before a replica has it.
        Raises `StoreUnavailable`; nobody knows then whether it is held until the request is settled.
        """

    def settle(self, event: UsageEvent) -> None:
        """Count and append the event once, let go of what it holds, without blocking and without raising."""


class Telemetry(Protocol):
    """What operators see."""

    def record(self, event: UsageEvent) -> None:
        """Count the event in the metrics, without blocking and without raising."""

    def refused(self, status: int, code: str) -> None:
        """Count a request that ended before it was routed, without raising."""


class Onlooker(Protocol):
    """Whoever compares answers."""

    def saw(self, request: ChatRequest, event: UsageEvent, text: str | None) -> None:
        """Perhaps compare an answer that was given, later and elsewhere; without blocking or raising.

        `text`: all of it, `None` where nobody has that. It stays in memory.
        """


class Lengths(Protocol):
    """How much each model writes."""

    def expected(self, model: str, task: str) -> int:
        """Output tokens that the model usually writes for the task."""

    def observe(self, model: str, task: str, output_tokens: int) -> None:
        """Learn from one complete answer, without blocking and without raising."""


class Volumes(Protocol):
    """How many requests each model that is an asset serves."""

    def of(self, model: str, at: int) -> Volume:
        """As far as is known at an instant."""

    def observe(self, model: str, at: int) -> None:
        """Count one request, without blocking and without raising."""


class Clock(Protocol):
    """The time."""

    def epoch_ns(self) -> int:
        """Wall clock, nanoseconds since the epoch."""

    def monotonic(self) -> float:
        """Seconds from some point, never going back."""
