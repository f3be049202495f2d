"""A streamed answer in OpenAI's format: bytes in as they come, chunks of whole events out."""

from dataclasses import dataclass, field

import msgspec

from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.ports import Chunk
from routergate.providers.dialect import (
    Completion,
    decode,
    finished,
    has_content,
    service_tier_of,
    text_of,
    usage_of,
)
from routergate.providers.sse import EventTooLong, Splitter, payload

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class AnswerStream:
    """Follows one streamed answer and knows whether it is whole."""

    choices: int = 1
    """How many answers were asked for."""
    begun: bool = False
    """Whether anything of the answer has come; until then another provider may still be asked."""
    moved: bool = False
    """Whether the last bytes had more to them than comments."""
    done: bool = False
    """Whether `[DONE]` has come."""
    service_tier: str | None = None
    """As the provider told it last."""
    _finished: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _held: list[Chunk] = field(default_factory=list)
    """What came before the answer: it goes with its beginning, or not at all."""
    _splitter: Splitter = field(default_factory=Splitter)

    @property
    def finished(self) -> bool:
        """Whether every choice has said that it is complete."""
        return len(self._finished) >= max(self.choices, len(self._seen))

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
        return [] if self.done else [Chunk(data=DONE)]

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
        data = payload(event)
        if data == b"[DONE]":
            self.done = self.moved = True
            return None
        completion = self._decoded(data)
        if completion is None:
            return None
        self._follow(completion)
        usage = usage_of(completion.usage)
        if usage is None:
            text.append(text_of(completion))
            return None
        return Chunk(
            data=event,
            usage=usage,
            text=text_of(completion),
            usage_only=not completion.choices,
            service_tier=self.service_tier,
        )

    def _follow(self, completion: Completion) -> None:
        self.moved = True
        self.begun = self.begun or has_content(completion)
        self._seen.update(choice.index or 0 for choice in completion.choices)
        self._finished |= finished(completion)
        self.service_tier = service_tier_of(completion) or self.service_tier

    def _plain(self, events: list[bytes], text: list[str]) -> Chunk:
        return Chunk(data=b"".join(events), text="".join(text), service_tier=self.service_tier)

    def _decoded(self, data: bytes) -> Completion | None:
        """An event's meaning; `None` for comments, and for JSON that nobody here understands."""
        if not data:
            return None
        try:
            completion = decode(data)
        except msgspec.ValidationError:
            return None
        except msgspec.MsgspecError as error:
            raise self._broken("had an event that is not JSON") from error
        if completion.error is not None:
            raise self._broken("reported an error instead of going on")
        return completion

    def _broken(self, what: str) -> ProviderBroken | StreamBroken:
        return StreamBroken(f"the stream {what}") if self.begun else ProviderBroken(f"the stream {what}")
