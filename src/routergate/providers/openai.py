"""Providers that are spoken to over HTTP: OpenAI, vLLM and whoever is compatible with them; Anthropic."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
from routergate.providers.patience import Patience
from routergate.providers.post import Post, Response
from routergate.providers.prefill import MARKED, begun
from routergate.providers.responses import RESPONSES
from routergate.providers.status import REFUSED, failure, refusal, reported, retry_after
from routergate.providers.stream import AnswerStream
from routergate.providers.wire import Wire

encode = msgspec.json.Encoder().encode

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
        self._posts: dict[str, Post] = {}

    def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The answer as it came, in whole events if streamed, in one piece if not."""
        return self._streamed(request, card) if request.stream else self._plain(request, card)

    async def _plain(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        stream = AnswerStream(self._endpoint.wires[request.format])
        patience = min(self._endpoint.first_byte, self._endpoint.total)
        with reported(self._endpoint.name), _translated(stream):
            async with asyncio.timeout(patience):
                whole = await _whole(await self._ask(request, card), stream.wire)
        yield whole

    async def _streamed(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        stream, at = AnswerStream(self._endpoint.wires[request.format], request.choices), self._endpoint
        asked = asyncio.get_running_loop().time()
        over = asked + at.total
        with reported(at.name), _translated(stream):
            async with asyncio.timeout_at(min(asked + at.first_byte, over)):
                response = await self._ask(request, card)
            async with response, Patience(response.content, at.idle, over) as patience:
                stream.rest, stream.load = spent(response.headers), load_told(response.headers)
                async with asyncio.timeout_at(min(asked + at.first_token, over)):
                    chunks = await _beginning(response.content, stream)
                while chunks:
                    for chunk in chunks:
                        yield chunk
                    chunks = await _following(patience, stream)
                for chunk in stream.end():
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

    async def _ask(self, request: ChatRequest, card: ModelCard, below: str = "") -> Response:
        """A response that is about to be an answer."""
        url = self._endpoint.url(f"{self._endpoint.wires[request.format].path}{below}", card.upstream)
        response = await self._post(url).send(self._body(request, card), request.headers)
        if response.status == 200:
            return response
        async with response:
            raise await _refusal(response)

    def _post(self, url: str) -> Post:
        """As many as there are formats, times the models where a model is in the path."""
        if (post := self._posts.get(url)) is None:
            post = self._posts[url] = Post(self._session, url, self._headers, self._timeout)
        return post

    def _body(self, request: ChatRequest, card: ModelCard) -> bytes:
        """The caller's body, with only what must change changed."""
        payload: dict[str, Any] = {**request.payload, "model": card.upstream}
        if request.stream and self._endpoint.stream_usage and not request.wants_usage:
            payload["stream_options"] = {**_options(request.payload), "include_usage": True}
        if request.prefill:
            payload.update(self._continued(request))
        if request.format is Format.CHAT and request.max_output_tokens and not request.limits:
            payload[self._endpoint.limit] = request.max_output_tokens
        return encode(payload)

    def _continued(self, request: ChatRequest) -> Mapping[str, Any]:
        """The parameters that make the model go on from the beginning of its answer."""
        marked, told = (MARKED, {}) if self._endpoint.continued is None else ({}, self._endpoint.continued)
        return {"messages": begun(request.payload["messages"], request.prefill, **marked), **told}


def _options(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The caller's own stream options, which need not be there."""
    options = msgspec.json.decode(encode(payload.get("stream_options")))
    return options if isinstance(options, dict) else {}


async def _beginning(content: aiohttp.StreamReader, stream: AnswerStream) -> list[Chunk]:
    """The first chunks that carry anything; before that, nothing has begun."""
    while data := await content.readany():
        if chunks := stream.feed(data):
            return chunks
    return []


async def _following(patience: Patience, stream: AnswerStream) -> list[Chunk]:
    """The next chunks; none at the end of the bytes."""
    while data := await patience.read():
        chunks = stream.feed(data)
        if stream.moved:
            patience.renew()
        if chunks:
            return chunks
    return []


async def _whole(response: Response, wire: Wire) -> Chunk:
    """A plain answer, once all of it is there. If it breaks off, it was written, and may be billed."""
    rest, load = spent(response.headers), load_told(response.headers)
    try:
        async with response:
            whole = whole_chunk(await response.read(), wire)
            return whole if rest is None and load is None else replace(whole, rest=rest, load=load)
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
    return Chunk(
        data=body,
        usage=seen.usage,
        text=seen.text,
        service_tier=seen.service_tier,
        answer_id=seen.answer_id,
    )


async def _refusal(response: Response) -> RouterGateError:
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
