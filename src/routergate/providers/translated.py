"""A provider that is asked in one wire format for answers in another."""

import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from routergate.domain.errors import ProviderBroken, ProviderRefused
from routergate.domain.format import Format
from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest
from routergate.domain.usage import Usage
from routergate.ports import Chunk, Kept, Provider
from routergate.providers.translation import answer_as_chat, answer_as_messages
from routergate.providers.translation.into_chat import as_chat
from routergate.providers.translation.into_messages import as_messages
from routergate.providers.translation.terms import Untranslatable, encode

MALFORMED = "a message, tool or part of the request lacks what its type needs"


class Stream(Protocol):
    """A streamed answer on its way from one format into the other."""

    def feed(self, chunk: Chunk) -> Iterator[Chunk]:
        """The same piece of the answer, in none, one or more chunks."""


class Translation(Protocol):
    """From the caller's format into the provider's, and back."""

    def request(self, request: ChatRequest, card: ModelCard) -> ChatRequest:
        """Raises `Untranslatable`, or what taking apart a malformed body raises."""

    def answer(self, body: bytes, usage: Usage | None) -> bytes:
        """A whole answer."""

    def stream(self) -> Stream:
        """For one streamed answer."""

    def refusal(self, body: bytes) -> bytes:
        """A provider's error body."""


@dataclass(frozen=True, slots=True)
class MessagesAsChat:
    """For callers who speak Anthropic's format and providers that speak OpenAI's."""

    markers: bool = False
    """Whether the provider understands Anthropic's prompt-cache markers and thoughts."""

    def request(self, request: ChatRequest, card: ModelCard) -> ChatRequest:  # noqa: ARG002 - only the other direction needs it
        """The same request in OpenAI's words."""
        return as_chat(request, markers=self.markers)

    def answer(self, body: bytes, usage: Usage | None) -> bytes:
        """A whole answer in Anthropic's words."""
        return answer_as_messages.plain(body, usage)

    def stream(self) -> Stream:
        """For one streamed answer."""
        return answer_as_messages.Stream()

    def refusal(self, body: bytes) -> bytes:
        """A provider's error body in Anthropic's words."""
        return answer_as_messages.refusal(body)


@dataclass(frozen=True, slots=True)
class ChatAsMessages:
    """For callers who speak OpenAI's format and providers that speak Anthropic's."""

    now: Callable[[], float] = time.time
    """OpenAI's answers have a date, in seconds since the epoch; Anthropic's have none."""

    def request(self, request: ChatRequest, card: ModelCard) -> ChatRequest:
        """The same request in Anthropic's words."""
        return as_messages(request, card)

    def answer(self, body: bytes, usage: Usage | None) -> bytes:
        """A whole answer in OpenAI's words."""
        return answer_as_chat.plain(body, usage, int(self.now()))

    def stream(self) -> Stream:
        """For one streamed answer."""
        return answer_as_chat.Stream(int(self.now()))

    def refusal(self, body: bytes) -> bytes:
        """A provider's error body in OpenAI's words."""
        return answer_as_chat.refusal(body)


@dataclass(frozen=True, slots=True)
class TranslatedProvider:
    """Passes requests in other formats than `spoken` on as they are."""

    provider: Provider
    spoken: Format
    """By callers, and not by the provider."""
    translation: Translation

    def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The provider's answer, in the caller's format."""
        if request.format is not self.spoken:
            return self.provider.answer(request, card)
        return self._answer(request, card)

    async def _answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        with _refused(self.translation):
            asked = self._translated(request, card)
            async with aclosing(self.provider.answer(asked, card)) as chunks:
                if not request.stream:
                    yield self._plain(await anext(chunks))
                    return
                stream = self.translation.stream()
                async for chunk in chunks:
                    for piece in stream.feed(chunk):
                        yield piece

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        """The provider's count, if it is asked in its own format."""
        return None if request.format is self.spoken else await self.provider.counted(request, card)

    async def kept(self, method: str, path: str) -> Kept:
        """What the provider says: its answers are kept in the one format that it and the caller share."""
        return await self.provider.kept(method, path)

    def _translated(self, request: ChatRequest, card: ModelCard) -> ChatRequest:
        try:
            return self.translation.request(request, card)
        except Untranslatable as error:
            raise _refusal(f"{card.id} cannot answer this: {error}.") from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise _refusal(f"{card.id} cannot answer this: {MALFORMED}.") from error

    def _plain(self, chunk: Chunk) -> Chunk:
        try:
            data = self.translation.answer(chunk.data, chunk.usage)
        except (msgspec.MsgspecError, AttributeError, TypeError) as error:
            raise ProviderBroken("the provider answered with what cannot be translated") from error
        return replace(chunk, data=data)


def _refusal(message: str) -> ProviderRefused:
    """In OpenAI's words, as if a provider had found the request at fault."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return ProviderRefused(
        message, status=400, body=encode({"error": error}), content_type="application/json"
    )


@contextmanager
def _refused(translation: Translation) -> Iterator[None]:
    """A refusal, too, is told in the caller's format."""
    try:
        yield
    except ProviderRefused as error:
        body = translation.refusal(error.body)
        raise ProviderRefused(
            str(error), status=error.status, body=body, content_type="application/json"
        ) from error


_: type[Provider] = TranslatedProvider
