"""OpenAI's wire format, as far as it is read on its way through: usage, text and how an answer ends."""

from typing import Any, Final

import msgspec

from routergate.domain.usage import Usage
from routergate.providers.wire import Seen, Wire

DONE: Final = b"data: [DONE]\n\n"


class CacheWrites(msgspec.Struct):
    """By how long they are kept, as litellm tells of Anthropic's."""

    ephemeral_1h_input_tokens: int | None = None


class InputDetails(msgspec.Struct):
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_creation_tokens: int | None = None
    cache_creation_token_details: CacheWrites | None = None
    audio_tokens: int | None = None


class OutputDetails(msgspec.Struct):
    reasoning_tokens: int | None = None
    audio_tokens: int | None = None


class WireUsage(msgspec.Struct):
    """Usage as OpenAI nests it: details are parts of the totals."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_cache_hit_tokens: int | None = None
    """DeepSeek's name for the cached ones."""
    prompt_tokens_details: InputDetails | None = None
    completion_tokens_details: OutputDetails | None = None
    service_tier: Any = None
    """Where litellm puts Anthropic's."""


class Function(msgspec.Struct):
    name: str | None = None
    arguments: str | None = None


class ToolCall(msgspec.Struct):
    function: Function | None = None


class Delta(msgspec.Struct):
    content: Any = None
    """Text; a list of parts with some providers, which is no reason to turn their answer down."""
    reasoning_content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None
    reasoning: Any = None
    """OpenRouter's name for the text of reasoning."""
    function_call: Any = None
    audio: Any = None


class Choice(msgspec.Struct):
    index: int | None = None
    delta: Delta | None = None
    message: Delta | None = None
    text: str | None = None
    """In the legacy format, in place of the others."""
    finish_reason: str | None = None


class Completion(msgspec.Struct):
    """A whole answer, or one event of a streamed one."""

    choices: list[Choice] = []
    usage: WireUsage | None = None
    service_tier: Any = None
    """A word, or null; what else it may be is no reason to turn an answer down."""
    error: Any = None


decode = msgspec.json.Decoder(Completion).decode
"""Raises `msgspec.MsgspecError` for what is not an answer."""


def read(data: bytes) -> Seen:
    """What one event says, or a whole answer."""
    if data == b"[DONE]":
        return Seen(begun=False, done=True)
    completion = decode(data)
    return Seen(
        begun=has_content(completion),
        failed=completion.error is not None,
        choices=[choice.index or 0 for choice in completion.choices],
        finished=finished(completion),
        usage=usage_of(completion.usage),
        usage_only=not completion.choices,
        text=text_of(completion),
        service_tier=service_tier_of(completion),
    )


CHAT: Final = Wire(path="/chat/completions", reader=lambda: read, end=DONE)
COMPLETIONS: Final = Wire(path="/completions", reader=lambda: read, end=DONE)
"""The legacy format differs in where the text stands, and in nothing else that is read."""


def usage_of(wire: WireUsage | None) -> Usage | None:
    """The same tokens in disjoint buckets; `None` unless both totals are given."""
    if wire is None or wire.prompt_tokens is None or wire.completion_tokens is None:
        return None
    read = wire.prompt_tokens_details or InputDetails()
    wrote = wire.completion_tokens_details or OutputDetails()
    cached = _tokens(read.cached_tokens or wire.prompt_cache_hit_tokens)
    heard, spoken = _tokens(read.audio_tokens), _tokens(wrote.audio_tokens)
    written, for_an_hour = _written_to_cache(read)
    completed, reasoned = _completed(wire.prompt_tokens, wire.completion_tokens, wire.total_tokens, wrote)
    # A detail larger than its total is a provider's mistake: the larger number is the safer one to bill.
    return Usage(
        input_uncached=_tokens(wire.prompt_tokens - cached - written - for_an_hour - heard),
        cache_read=cached,
        cache_write=written,
        cache_write_1h=for_an_hour,
        audio_input=heard,
        output=_tokens(completed - reasoned - spoken),
        reasoning=reasoned,
        audio_output=spoken,
    )


def service_tier_of(completion: Completion) -> str | None:
    """How the provider says that it served the request."""
    beside = completion.usage.service_tier if completion.usage else None
    told = completion.service_tier or beside
    return told if isinstance(told, str) and told else None


def _written_to_cache(read: InputDetails) -> tuple[int, int]:
    """Tokens written for the usual time, and for an hour."""
    every = _tokens(read.cache_write_tokens or read.cache_creation_tokens)
    kept = read.cache_creation_token_details or CacheWrites()
    for_an_hour = _tokens(kept.ephemeral_1h_input_tokens)
    return _tokens(every - for_an_hour), for_an_hour


def _completed(prompt: int, completion: int, total: int | None, wrote: OutputDetails) -> tuple[int, int]:
    """Everything that was written, and the reasoning in it.

    Some count reasoning beside the completion, and their total gives them away: xAI says how much of it there
    is, Gemini does not even say that.
    """
    reasoned = _tokens(wrote.reasoning_tokens)
    beside = _tokens((total or 0) - _tokens(prompt) - _tokens(completion))
    if beside and reasoned in {0, beside}:
        return completion + beside, beside
    return completion, reasoned


def _tokens(count: int | None) -> int:
    return max(count or 0, 0)


def text_of(completion: Completion) -> str:
    """What the model wrote in this piece, of all kinds."""
    choices = completion.choices
    if len(choices) == 1 and (delta := choices[0].delta) is not None and delta.tool_calls is None:
        return _text(delta)
    return "".join(choice.text or _written(choice.delta or choice.message) for choice in choices)


def finished(completion: Completion) -> set[int]:
    """The choices of which this piece says that they are complete."""
    return {choice.index or 0 for choice in completion.choices if choice.finish_reason}


def has_content(completion: Completion) -> bool:
    """Whether this piece is part of what was asked for, and not only its envelope."""
    return any(map(_says, completion.choices))


def _says(choice: Choice) -> bool:
    return bool(choice.finish_reason or choice.text) or _carries(choice.delta or choice.message)


def _carries(delta: Delta | None) -> bool:
    if delta is None:
        return False
    said = delta.content or delta.reasoning_content or delta.reasoning or delta.refusal
    return bool(said or delta.tool_calls or delta.function_call or delta.audio)


def _written(delta: Delta | None) -> str:
    if delta is None:
        return ""
    calls = [call.function for call in delta.tool_calls or () if call.function]
    arguments = "".join(f"{call.name or ''}{call.arguments or ''}" for call in calls)
    return _text(delta) + arguments


def _text(delta: Delta) -> str:
    content = delta.content if isinstance(delta.content, str) else ""
    return (delta.reasoning_content or "") + content + (delta.refusal or "")
