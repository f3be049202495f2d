"""Providers that do not speak OpenAI's API, through litellm: the one home of that package."""

import asyncio
import importlib
import logging
import os
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any, Final

import msgspec

from routergate.domain.errors import (
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
from routergate.providers.dialect import CHAT, DONE
from routergate.providers.embeddings import EMBEDDINGS
from routergate.providers.openai import Endpoint, encode, whole_chunk
from routergate.providers.prefill import MARKED
from routergate.providers.status import REFUSED, failure, refusal, reported, retry_after
from routergate.providers.stream import AnswerStream
from routergate.providers.wire import Wire

_TRANSLATED = (
    "messages functions function_call temperature top_p n stop stream max_tokens max_completion_tokens"
    " modalities prediction audio presence_penalty frequency_penalty logit_bias user response_format seed"
    " tools tool_choice parallel_tool_calls logprobs top_logprobs reasoning_effort thinking verbosity store"
    " web_search_options service_tier prompt_cache_key safety_identifier"
)
TRANSLATED: Final = frozenset(_TRANSLATED.split())
"""What litellm translates. A name that is not here may be an option of litellm's own, such as `base_url`,
with which a caller could have our credentials sent elsewhere."""

EMBEDDED: Final = frozenset({"input", "dimensions", "encoding_format", "user"})
"""The same for embeddings."""

PREFIX: Final = "llm_provider-"
"""What litellm puts before the name of a header that a provider sent."""
TALKATIVE: Final = ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "openai", "httpx", "httpcore")
"""Loggers that write requests, prompts included, to the log when it is at a low level or something fails."""


def load() -> Any:
    """Import litellm, which takes seconds: only when a provider needs it, never on the event loop."""
    # Both are read when the package is imported: no price map is fetched, nothing is reported home.
    os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")  # noqa: TID251 - litellm's only door
    os.environ.setdefault("LITELLM_TELEMETRY", "False")  # noqa: TID251 - litellm's only door
    litellm: Any = importlib.import_module("litellm")
    litellm.suppress_debug_info = True
    litellm.drop_params = False
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return litellm


class LitellmProvider:
    """One provider behind litellm's translation."""

    def __init__(self, litellm: Any, endpoint: Endpoint, api_key: str | None) -> None:
        self._litellm = litellm
        self._endpoint = endpoint
        self._fixed: dict[str, Any] = {
            "api_key": api_key,
            "api_base": endpoint.base_url,
            "extra_headers": dict(endpoint.headers) or None,
            "timeout": endpoint.total,
            "num_retries": 0,
            "max_retries": 0,
        }

    async def answer(self, request: ChatRequest, card: ModelCard) -> AsyncGenerator[Chunk, None]:
        """The answer in OpenAI's format, as litellm translates it."""
        stream = AnswerStream(CHAT, request.choices)
        asked = asyncio.get_running_loop().time()
        with reported(self._endpoint.name), _translated(stream):
            async with asyncio.timeout_at(asked + self._endpoint.first_byte):
                if request.format is Format.EMBEDDINGS:
                    vectors = await self._litellm.aembedding(**self._embedding(request, card))
                    yield _whole(vectors, EMBEDDINGS)
                    return
                answer = await self._litellm.acompletion(**self._arguments(request, card))
            if not request.stream:
                yield _whole(answer, CHAT)
                return
            stream.rest = spent(_headers(answer))
            first_token = asked + self._endpoint.first_token
            async with aclosing(answer), aclosing(self._relay(answer, stream, first_token)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:  # noqa: ARG002 - none is
        """litellm counts as we do, by a tokenizer that is not the model's own."""
        return None

    async def kept(self, method: str, path: str) -> Kept:  # noqa: ARG002 - there are none
        """litellm's providers keep no answers that this gateway could ask for."""
        raise UnknownResponse("This provider keeps no answers.")

    def _arguments(self, request: ChatRequest, card: ModelCard) -> dict[str, Any]:
        payload = msgspec.json.decode(encode(request.payload))
        fixed = {name: value for name, value in self._fixed.items() if value is not None}
        arguments = {name: value for name, value in payload.items() if name in TRANSLATED}
        if request.prefill:
            arguments["messages"] = [
                *payload["messages"],
                {"role": "assistant", "content": request.prefill, **MARKED},
            ]
        if request.max_output_tokens and not request.limits:
            arguments["max_tokens"] = request.max_output_tokens
        if request.stream:
            arguments["stream_options"] = {"include_usage": True}
        if self._speaks_openai(card):
            rest = payload.keys() - TRANSLATED - {"model", "stream_options"}
            arguments["extra_body"] = {name: payload[name] for name in rest}
        return {**arguments, **fixed, **self._headed(request), "model": card.upstream}

    def _embedding(self, request: ChatRequest, card: ModelCard) -> dict[str, Any]:
        payload = msgspec.json.decode(encode(request.payload))
        fixed = {name: value for name, value in self._fixed.items() if value is not None}
        arguments = {name: value for name, value in payload.items() if name in EMBEDDED}
        return {**arguments, **fixed, **self._headed(request), "model": card.upstream}

    def _headed(self, request: ChatRequest) -> Mapping[str, Any]:
        """The headers of this request, if it has any, beside those of every one."""
        return {"extra_headers": {**self._endpoint.headers, **request.headers}} if request.headers else {}

    def _speaks_openai(self, card: ModelCard) -> bool:
        """Whether parameters that nobody here has heard of can be passed on as they are."""
        name = card.upstream.partition("/")[0]
        return name == "openai" or name in self._litellm.openai_compatible_providers

    async def _relay(
        self, answer: Any, stream: AnswerStream, first_token: float
    ) -> AsyncGenerator[Chunk, None]:
        pieces = aiter(answer)
        while piece := await self._next(pieces, stream, first_token):
            for chunk in stream.feed(_event(piece, stream)):
                yield chunk
        for chunk in stream.feed(DONE) if stream.finished else stream.end():
            yield chunk

    async def _next(self, pieces: Any, stream: AnswerStream, first_token: float) -> Any:
        limit = asyncio.timeout(self._endpoint.idle) if stream.begun else asyncio.timeout_at(first_token)
        async with limit:
            return await anext(pieces, None)


def _whole(answer: Any, wire: Wire) -> Chunk:
    chunk = whole_chunk(answer.model_dump_json().encode(), wire)
    return replace(chunk, rest=spent(_headers(answer)))


def _headers(answer: Any) -> Mapping[str, str]:
    """Those of the provider's answer, which litellm keeps beside it under names of its own."""
    hidden = getattr(answer, "_hidden_params", None)
    kept = hidden.get("additional_headers") if isinstance(hidden, Mapping) else None
    told = kept if isinstance(kept, Mapping) else {}
    return {name.removeprefix(PREFIX): value for name, value in told.items() if isinstance(value, str)}


def _event(piece: Any, stream: AnswerStream) -> bytes:
    if stream.finished and getattr(piece, "usage", None) is not None:
        # litellm adds an empty choice to the usage; OpenAI has none there, and that is how we know it.
        piece.choices = []
    return b"data: " + bytes(piece.model_dump_json(), "utf-8") + b"\n\n"


@contextmanager
def _translated(stream: AnswerStream) -> Iterator[None]:
    """Whatever litellm raises becomes ours."""
    try:
        yield
    except RouterGateError:
        raise
    except Exception as error:
        if stream.begun:
            raise StreamBroken("the provider broke off in the middle of its answer") from error
        raise _meaning(error) from error


def _meaning(error: Exception) -> RouterGateError:
    """litellm's exceptions carry the status that OpenAI would have given."""
    status = getattr(error, "status_code", None)
    if isinstance(error, TimeoutError) or status == 408:
        return ProviderTimeout("the provider did not answer in time")
    if type(error).__name__ == "APIConnectionError" or not isinstance(status, int):
        return ProviderUnreachable("the connection to the provider broke")
    if status not in REFUSED:
        headers = getattr(getattr(error, "response", None), "headers", None)
        return failure(status, retry_after(headers or {}))
    return refusal(status, _error_body(error), "application/json")


CODES: Final[Mapping[str, str]] = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_filter",
}
"""What litellm recognised, in OpenAI's words, whatever the provider called it."""


def _error_body(error: Exception) -> bytes:
    code = CODES.get(type(error).__name__) or getattr(error, "code", None)
    return encode(
        {
            "error": {
                "message": str(getattr(error, "message", error)),
                "type": "invalid_request_error",
                "param": getattr(error, "param", None),
                "code": code if isinstance(code, str) else None,
            }
        }
    )


_: type[Provider] = LitellmProvider
