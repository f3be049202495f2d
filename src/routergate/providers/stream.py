"""A streamed answer: bytes in as they come, chunks of whole events out."""

from dataclasses import dataclass, field

import msgspec

from routergate.domain.capacity import Load
from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.ports import Chunk
from routergate.providers.sse import EventTooLong, Splitter, payload
from routergate.providers.wire import Read, Seen, Wire


@dataclass(slots=True)
class AnswerStream:
    """Follows one streamed answer and knows whether it is whole."""

    wire: Wire
    choices: int = 1
    """How many answers were asked for."""
    begun: bool = False
    """Whether anything of the answer has come; until then another provider may still be asked."""
    moved: bool = False
    """Whether the last bytes had more to them than comments."""
    done: bool = False
    """Whether the event has come after which there is none."""
    service_tier: str | None = None
    """As the provider told it last."""
    answer_id: str | None = None
    """The provider's name for the answer."""
    rest: float | None = None
    """Seconds until the provider has something to give again, if it said at the beginning that it has not."""
    load: Load | None = None
    """How full its server is, if it said so at the beginning."""
    _finished: set[int] = field(default_factory=set)
    _choices: set[int] = field(default_factory=set)
    _held: list[Chunk] = field(default_factory=list)
    """What came before the answer: it goes with its beginning, or not at all."""
    _splitter: Splitter = field(default_factory=Splitter)
    _reader: Read = field(init=False)

    def __post_init__(self) -> None:
        self._reader = self.wire.reader()

    @property
    def finished(self) -> bool:
        """Whether every choice has said that it is complete."""
        return len(self._finished) >= max(self.choices, len(self._choices))

    def feed(self, data: bytes) -> list[Chunk]:
        """The chunks that `data` completes: plain events together, each event with usage alone.

        Nothing comes out before the answer has begun.
        """
        self.moved = False
        try:
            events = self._splitter.feed(data)
        except EventTooLong as error:
            raise self._broken(f"had {error}") from error
        chunks = self._held + self._chunks(events)
        self._held = [] if self.begun else chunks
        return chunks if self.begun else []

    def end(self) -> list[Chunk]:
        """What is left to say at the end of the bytes; raises if the answer is not whole."""
        if not self.begun or not (self.done or self.finished):
            raise self._broken("ended before the answer did")
        return [] if self.done else [Chunk(data=self.wire.end)]

    def _chunks(self, events: list[bytes]) -> list[Chunk]:
        chunks: list[Chunk] = []
        plain: list[bytes] = []
        text: list[str] = []
        for event in events:
            chunk = self._read(event, text)
            if chunk is None:
                plain.append(event)
                continue
            if plain:
                chunks.append(self._plain(plain, text))
                plain, text = [], []
            chunks.append(chunk)
        if plain:
            chunks.append(self._plain(plain, text))
        return chunks

    def _read(self, event: bytes, text: list[str]) -> Chunk | None:
        """A chunk of its own for an event with usage; for a plain one, nothing but its text."""
        seen = self._seen(payload(event))
        if seen is None:
            return None
        self._follow(seen)
        if seen.usage is None and seen.opening is None:
            text.append(seen.text)
            return None
        return Chunk(
            data=event,
            usage=seen.usage,
            opening=seen.opening,
            text=seen.text,
            usage_only=seen.usage_only,
            service_tier=self.service_tier,
            answer_id=self.answer_id,
            rest=self.rest,
            load=self.load,
        )

    def _follow(self, seen: Seen) -> None:
        self.moved = self.moved or seen.moved
        self.begun = self.begun or seen.begun
        self.done = self.done or seen.done
        self._choices.update(seen.choices)
        self._finished.update(seen.finished)
        self.service_tier = seen.service_tier or self.service_tier
        self.answer_id = seen.answer_id or self.answer_id

    def _plain(self, events: list[bytes], text: list[str]) -> Chunk:
        return Chunk(
            data=b"".join(events),
            text="".join(text),
            service_tier=self.service_tier,
            answer_id=self.answer_id,
            rest=self.rest,
            load=self.load,
        )

    def _seen(self, data: bytes) -> Seen | None:
        """An event's meaning; `None` for comments, and for JSON that nobody here understands."""
        if not data:
            return None
        try:
            seen = self._reader(data)
        except msgspec.ValidationError:
            return None
        except msgspec.MsgspecError as error:
            raise self._broken("had an event that is not JSON") from error
        if seen.failed:
            raise self._broken("reported an error instead of going on")
        return seen

    def _broken(self, what: str) -> ProviderBroken | StreamBroken:
        return StreamBroken(f"the stream {what}") if self.begun else ProviderBroken(f"the stream {what}")
