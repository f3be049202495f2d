"""A streamed answer in OpenAI's format: bytes in as they come, chunks of whole events out."""

from dataclasses import dataclass, field

import msgspec

from routergate.domain.errors import ProviderBroken, StreamBroken
from routergate.ports import Chunk
from routergate.providers.dialect import Completion, decode, finished, service_tier_of, text_of, usage_of
from routergate.providers.sse import EventTooLong, Splitter, payload

DONE = b"data: [DONE]\n\n"


@dataclass(slots=True)
class AnswerStream:
    """Follows one streamed answer and knows whether it is whole."""

    begun: bool = False
    """Whether anything of the answer has come; until then another provider may still be asked."""
    finished: bool = False
    done: bool = False
    """Whether `[DONE]` has come."""
    service_tier: str | None = None
    """As the provider told it last."""
    _splitter: Splitter = field(default_factory=Splitter)

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
        return [Chunk(data=DONE)]

    def _read(self, event: bytes, text: list[str]) -> Chunk | None:
        """A chunk of its own for an event with usage; for a plain one, nothing but its text."""
        data = payload(event)
        if data == b"[DONE]":
            self.done = True
            return None
        completion = self._decoded(data)
        if completion is None:
            return None
        self.begun = True
        self.finished = self.finished or finished(completion)
        self.service_tier = service_tier_of(completion) or self.service_tier
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

    def _plain(self, events: list[bytes], text: list[str]) -> Chunk:
        return Chunk(data=b"".join(events), text="".join(text), service_tier=self.service_tier)

    def _decoded(self, data: bytes) -> Completion | None:
        """An event's meaning; `None` for comments, and for what nobody understands in mid-answer."""
        if not data:
            return None
        try:
            completion = decode(data)
        except msgspec.MsgspecError as error:
            if self.begun:
                return None
            raise ProviderBroken("the provider began its stream with what is not JSON") from error
        if completion.error is not None:
            raise self._broken("reported an error instead of going on")
        return completion

    def _broken(self, what: str) -> ProviderBroken | StreamBroken:
        return StreamBroken(f"the stream {what}") if self.begun else ProviderBroken(f"the stream {what}")
