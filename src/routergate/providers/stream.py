"""A streamed answer: bytes in as they come, chunks of whole events out."""

from dataclasses import dataclass, field

import msgspec

from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.ports import Chunk
from routergate.providers.sse import EventTooLong, Splitter, payload
from routergate.providers.wire import Read, Seen, Wire


@dataclass(slots=True)
class AnswerStream:
    """Follows one streamed answer and knows whether it is whole."""

    wire: Wire
    begun: bool = False
    """Whether anything of the answer has come; until then another provider may still be asked."""
    finished: bool = False
    done: bool = False
    """Whether the event has come after which there is none."""
    service_tier: str | None = None
    """As the provider told it last."""
    answer_id: str | None = None
    _splitter: Splitter = field(default_factory=Splitter)
    _reader: Read = field(init=False)

    def __post_init__(self) -> None:
        self._reader = self.wire.reader()

    def feed(self, data: bytes) -> list[Chunk]:
        """The chunks that `data` completes: plain events together, each event with usage alone."""
        try:
            events = self._splitter.feed(data)
        except EventTooLong as error:
            raise self._broken(f"had {error}") from error
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

    def end(self) -> list[Chunk]:
        """What is left to say at the end of the bytes; raises if the answer is not whole."""
        if self.done:
            return []
        if not self.finished:
            raise self._broken("ended before the answer did")
        return [Chunk(data=self.wire.end)]

    def _read(self, event: bytes, text: list[str]) -> Chunk | None:
        """A chunk of its own for an event with usage; for a plain one, nothing but its text."""
        seen = self._seen(payload(event))
        if seen is None:
            return None
        self.begun = self.begun or seen.begun
        self.finished = self.finished or seen.finished
        self.done = self.done or seen.done
        self.service_tier = seen.service_tier or self.service_tier
        self.answer_id = seen.answer_id or self.answer_id
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
        )

    def _plain(self, events: list[bytes], text: list[str]) -> Chunk:
        return Chunk(
            data=b"".join(events),
            text="".join(text),
            service_tier=self.service_tier,
            answer_id=self.answer_id,
        )

    def _seen(self, data: bytes) -> Seen | None:
        """An event's meaning; `None` for comments, and for what nobody understands in mid-answer."""
        if not data:
            return None
        try:
            seen = self._reader(data)
        except msgspec.MsgspecError as error:
            if self.begun:
                return None
            raise ProviderBroken("the provider began its stream with what is not JSON") from error
        if seen.failed:
            raise self._broken("reported an error instead of going on")
        return seen

    def _broken(self, what: str) -> ProviderBroken | StreamBroken:
        return StreamBroken(f"the stream {what}") if self.begun else ProviderBroken(f"the stream {what}")
