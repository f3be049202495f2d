"""Providers that are spoken to over HTTP: OpenAI, vLLM and whoever is compatible with them; Anthropic."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import Any, Final
from urllib.parse import quote

import aiohttp
import msgspec

from routergate.domain.errors import (
    ProviderBroken,
    ProviderDropped,
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
from routergate.providers.allowance import spent
from routergate.providers.anthropic import COUNT, MESSAGES, counted
from routergate.providers.dialect import CHAT, COMPLETIONS
from routergate.providers.embeddings import EMBEDDINGS
from routergate.providers.load import load_told
from routergate.providers.prefill import MARKED, begun
from routergate.providers.responses import RESPONSES
from routergate.providers.status import REFUSED, failure, refusal, reported, retry_after
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
DEPLOYED: Final = frozenset({CHAT.path, COMPLETIONS.path, EMBEDDINGS.path})
"""What Azure's classic API has below a deployment; elsewhere the body names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where a provider is and how long it may take, in seconds."""

    name: str = ""
    """What the log calls it."""
    base_url: str | None
    """Without a trailing slash; `None` for litellm, which may know where a provider is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    connect: float = 5.0
    first_byte: float = 120.0
    first_token: float = 120.0
    idle: float = 60.0
    total: float = 600.0
    stream_usage: bool = True
    """Whether it understands `stream_options.include_usage`."""
    continued: Mapping[str, Any] | None = None
    """What tells it that the last message is to be gone on from; `None`: a mark in that message."""
    limit: str = "max_completion_tokens"
    """Its name for a chat answer's limit, where the caller set none."""
    wires: Mapping[Format, Wire] = field(default_factory=lambda: OPENAI)
    """The formats that it speaks."""
    api_version: str | None = None
    """Of Azure's classic API, where a model is a deployment in the path."""

    def url(self, path: str, model: str = "") -> str:
        """Where a model is asked at `path`."""
        if self.api_version is None:
            return f"{self.base_url}{path}"
        deployment = f"/deployments/{quote(model, safe='')}" if path in DEPLOYED else ""
        return f"{self.base_url}{deployment}{path}?api-version={quote(self.api_version)}"


class NativeProvider:
    """One server of a provider."""

    def __init__(self, endpoint: Endpoint, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._headers = {"Content-Type": "application/json", **endpoint.headers}
        self._endpoint = endpoint
        self._timeout = aiohttp.ClientTimeout(total=endpoint.total, sock_connect=endpoint.connect)

    async def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The answer as it came, in whole events if streamed, in one piece if not."""
        stream = AnswerStream(self._endpoint.wires[request.format], request.choices)
        asked = asyncio.get_running_loop().time()
        first_byte = asked + self._endpoint.first_byte
        with reported(self._endpoint.name), _translated(stream):
            async with asyncio.timeout_at(first_byte):
                response = await self._ask(request, card)
            async with response:
                stream.rest, stream.load = spent(response.headers), load_told(response.headers)
                if not request.stream:
                    whole = await _whole(response, stream.wire, first_byte)
                    yield replace(whole, rest=stream.rest, load=stream.load)
                    return
                first_token = asked + self._endpoint.first_token
                async with aclosing(self._relay(response, stream, first_token)) as chunks:
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
        url = self._endpoint.url(f"{RESPONSES.path}/{path}")
        with reported(self._endpoint.name), _translated(AnswerStream(RESPONSES)):
            async with self._session.request(
                method, url, headers=self._headers, timeout=self._timeout
            ) as response:
                body = await response.read()
                if response.status >= 400 and response.status not in {404, *REFUSED}:
                    raise failure(response.status, retry_after(response.headers))
        return Kept(status=response.status, body=body, content_type=response.content_type)

    async def _ask(self, request: ChatRequest, card: ModelCard, below: str = "") -> aiohttp.ClientResponse:
        """A response that is about to be an answer."""
        response = await self._session.post(
            self._endpoint.url(f"{self._endpoint.wires[request.format].path}{below}", card.upstream),
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
        if request.prefill:
            payload.update(self._continued(request))
        if request.format is Format.CHAT and request.max_output_tokens and not request.limits:
            payload[self._endpoint.limit] = request.max_output_tokens
        body = encode(payload)
        # In one write, a large body would hold up the event loop; as a file, it goes in pieces.
        return body if len(body) < LARGE else BytesIO(body)

    def _continued(self, request: ChatRequest) -> Mapping[str, Any]:
        """The parameters that make the model go on from the beginning of its answer."""
        marked, told = (MARKED, {}) if self._endpoint.continued is None else ({}, self._endpoint.continued)
        return {"messages": begun(request.payload["messages"], request.prefill, **marked), **told}

    async def _relay(
        self, response: aiohttp.ClientResponse, stream: AnswerStream, first_token: float
    ) -> AsyncGenerator[Chunk, None]:
        async with asyncio.timeout_at(first_token):
            chunks = await _beginning(response.content, stream)
        for chunk in chunks:
            yield chunk
        patience = Patience(self._endpoint.idle)
        while data := await patience.read(response.content):
            chunks = stream.feed(data)
            if stream.moved:
                patience.renew()
            for chunk in chunks:
                yield chunk
        for chunk in stream.end():
            yield chunk


@dataclass(slots=True)
class Patience:
    """How long a stream may go on without getting anywhere; what a slow caller takes does not count."""

    seconds: float
    _left: float = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """The stream has got somewhere."""
        self._left = self.seconds

    async def read(self, content: aiohttp.StreamReader) -> bytes:
        """The next bytes, whatever they are; empty at the end."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        async with asyncio.timeout_at(began + self._left):
            data = await content.readany()
        self._left -= loop.time() - began
        return data


def _options(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own stream options, which need not be there."""
    options = msgspec.json.decode(encode(payload.get("stream_options")))
    return options if isinstance(options, dict) else {}


async def _beginning(content: aiohttp.StreamReader, stream: AnswerStream) -> list[Chunk]:
    """The first chunks that carry anything; before that, nothing has begun."""
    while data := await content.readany():
        if chunks := stream.feed(data):
            return chunks
    return stream.end()


async def _whole(response: aiohttp.ClientResponse, wire: Wire, first_byte: float) -> Chunk:
    """A plain answer, once all of it is there. If it breaks off, it was written, and may be billed."""
    try:
        async with asyncio.timeout_at(first_byte):
            return whole_chunk(await response.read(), wire)
    except aiohttp.ClientError as error:
        raise StreamBroken("the connection to the provider broke in the middle of its answer") from error


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
        return failure(response.status, retry_after(response.headers))
    return refusal(response.status, await response.read(), response.content_type)


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
        raise ProviderDropped("the connection to the provider broke before its answer") from error


_: type[Provider] = NativeProvider
