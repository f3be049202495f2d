"""Providers that are spoken to over HTTP: OpenAI, vLLM and whoever is compatible with them; Anthropic."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import cycle
from typing import Any, Final

import aiohttp
import msgspec

from routergate.domain.errors import (
    ProviderBroken,
    ProviderRefused,
    ProviderTimeout,
    ProviderUnreachable,
    RouterGateError,
    StreamBroken,
    UnknownResponse,
)
from routergate.domain.format import Format
from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest
from routergate.ports import Chunk, Kept, Provider
from routergate.providers.anthropic import COUNT, MESSAGES, counted
from routergate.providers.dialect import CHAT, COMPLETIONS
from routergate.providers.embeddings import EMBEDDINGS
from routergate.providers.responses import RESPONSES
from routergate.providers.status import REFUSED, failure, reported
from routergate.providers.stream import AnswerStream
from routergate.providers.wire import Wire

encode = msgspec.json.Encoder().encode
LARGE = 512 * 1024
"""Bytes from which a body is sent in pieces."""

OPENAI: Final[Mapping[Format, Wire]] = {
    Format.CHAT: CHAT,
    Format.COMPLETIONS: COMPLETIONS,
    Format.EMBEDDINGS: EMBEDDINGS,
    Format.RESPONSES: RESPONSES,
}
ANTHROPIC: Final[Mapping[Format, Wire]] = {Format.MESSAGES: MESSAGES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider is and how long it may take, in seconds."""

    name: str = ""
    """What the log calls it."""
    base_urls: tuple[str, ...]
    headers: Mapping[str, str] = field(default_factory=dict)
    connect: float = 5.0
    first_byte: float = 120.0
    idle: float = 60.0
    total: float = 600.0
    stream_usage: bool = True
    """Whether it understands `stream_options.include_usage`."""
    limit: str = "max_completion_tokens"
    """Its name for a chat answer's limit, where the caller set none."""
    wires: Mapping[Format, Wire] = field(default_factory=lambda: OPENAI)
    """The formats that it speaks."""


class NativeProvider:
    """One provider, its replicas taken in turn."""

    def __init__(self, endpoint: Endpoint, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._urls = cycle(endpoint.base_urls)
        self._headers = {"Content-Type": "application/json", **endpoint.headers}
        self._endpoint = endpoint
        self._timeout = aiohttp.ClientTimeout(total=endpoint.total, sock_connect=endpoint.connect)

    async def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The answer as it came, in whole events if streamed, in one piece if not."""
        stream = AnswerStream(self._endpoint.wires[request.format])
        first_byte = asyncio.get_running_loop().time() + self._endpoint.first_byte
        with reported(self._endpoint.name), _translated(stream):
            async with asyncio.timeout_at(first_byte):
                response = await self._ask(request, card)
            async with response:
                if not request.stream:
                    yield await _whole(response, stream, first_byte)
                    return
                async with aclosing(self._relay(response, stream, first_byte)) as chunks:
                    async for chunk in chunks:
                        yield chunk

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        """Input tokens by Anthropic's count; others do not offer one."""
        if Format.MESSAGES not in self._endpoint.wires:
            return None
        with reported(self._endpoint.name), _translated(AnswerStream(MESSAGES)):
            async with await self._ask(request, card, COUNT) as response:
                body = await response.read()
        try:
            return counted(body).input_tokens
        except msgspec.MsgspecError as error:
            raise ProviderBroken("the provider answered with what is not a count") from error

    async def kept(self, method: str, path: str) -> Kept:
        """What it says, unless it fails or denies our own credentials: 404 is about the answer here."""
        if Format.RESPONSES not in self._endpoint.wires:
            raise UnknownResponse("This provider keeps no answers.")
        url = f"{next(self._urls)}{RESPONSES.path}/{path}"
        with reported(self._endpoint.name), _translated(AnswerStream(RESPONSES)):
            async with self._session.request(
                method, url, headers=self._headers, timeout=self._timeout
            ) as response:
                body = await response.read()
                if response.status >= 400 and response.status not in {404, *REFUSED}:
                    raise failure(response.status)
        return Kept(status=response.status, body=body, content_type=response.content_type)

    async def _ask(self, request: ChatRequest, card: ModelCard, below: str = "") -> aiohttp.ClientResponse:
        """A response that is about to be an answer."""
        response = await self._session.post(
            next(self._urls) + self._endpoint.wires[request.format].path + below,
            data=self._body(request, card),
            headers={**self._headers, **request.headers},
            timeout=self._timeout,
        )
        if response.status == 200:
            return response
        async with response:
            raise await _refusal(response)

    def _body(self, request: ChatRequest, card: ModelCard) -> bytes | BytesIO:
        """The caller's body, with only what must change changed."""
        payload: dict[str, Any] = {**request.payload, "model": card.upstream}
        if request.stream and self._endpoint.stream_usage and not request.wants_usage:
            payload["stream_options"] = {**_options(request.payload), "include_usage": True}
        if request.format is Format.CHAT and request.max_output_tokens and not request.limits:
            payload[self._endpoint.limit] = request.max_output_tokens
        body = encode(payload)
        # In one write, a large body would hold up the event loop; as a file, it goes in pieces.
        return body if len(body) < LARGE else BytesIO(body)

    async def _relay(
        self, response: aiohttp.ClientResponse, stream: AnswerStream, first_byte: float
    ) -> AsyncGenerator[Chunk, None]:
        async with asyncio.timeout_at(first_byte):
            chunks = await _beginning(response.content, stream)
        for chunk in chunks:
            yield chunk
        while data := await self._more(response.content):
            for chunk in stream.feed(data):
                yield chunk
        for chunk in stream.end():
            yield chunk

    async def _more(self, content: aiohttp.StreamReader) -> bytes:
        async with asyncio.timeout(self._endpoint.idle):
            return await content.readany()


def _options(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own stream options, which need not be there."""
    options = msgspec.json.decode(encode(payload.get("stream_options")))
    return options if isinstance(options, dict) else {}


async def _beginning(content: aiohttp.StreamReader, stream: AnswerStream) -> list[Chunk]:
    """The first chunks that carry anything; before that, nothing has begun."""
    chunks: list[Chunk] = []
    while data := await content.readany():
        chunks += stream.feed(data)
        if stream.begun:
            return chunks
    raise ProviderBroken("the provider's stream ended before it began")


async def _whole(response: aiohttp.ClientResponse, stream: AnswerStream, first_byte: float) -> Chunk:
    """A plain answer, once all of it is there. If it breaks off it has begun, and may be billed."""
    stream.begun = True
    async with asyncio.timeout_at(first_byte):
        return whole_chunk(await response.read(), stream.wire)


def whole_chunk(body: bytes, wire: Wire) -> Chunk:
    """A plain answer, if `body` is one."""
    try:
        seen = wire.reader()(body)
    except msgspec.MsgspecError as error:
        raise ProviderBroken("the provider answered with what is not an answer") from error
    if seen.failed or seen.usage_only:
        raise ProviderBroken("the provider answered 200 without an answer")
    text = "" if seen.usage else seen.text
    return Chunk(
        data=body,
        usage=seen.usage,
        text=text,
        service_tier=seen.service_tier,
        answer_id=seen.answer_id,
    )


async def _refusal(response: aiohttp.ClientResponse) -> RouterGateError:
    """What a status other than 200 means; a refusal keeps the provider's own words for the caller."""
    if response.status not in REFUSED:
        return failure(response.status)
    return ProviderRefused(
        f"the provider refused the request ({response.status})",
        status=response.status,
        body=await response.read(),
        content_type=response.content_type,
    )


@contextmanager
def _translated(stream: AnswerStream) -> Iterator[None]:
    """Foreign exceptions become ours, and those of an answer that had begun become `StreamBroken`."""
    try:
        yield
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise ProviderUnreachable("the provider cannot be reached") from error
    except TimeoutError as error:
        if stream.begun:
            raise StreamBroken("the provider fell silent in the middle of its answer") from error
        raise ProviderTimeout("the provider did not answer in time") from error
    except (aiohttp.ClientError, OSError) as error:
        if stream.begun:
            raise StreamBroken("the connection to the provider broke in the middle of its answer") from error
        raise ProviderUnreachable("the connection to the provider broke") from error


_: type[Provider] = NativeProvider
