"""OpenAI's wire format: bodies, chunks and server-sent events."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import msgspec

from routergate.testing import azure
from routergate.testing.answers import Answer, Choice, ToolCall
from routergate.testing.profile import Profile
from routergate.testing.refusals import Refused
from routergate.testing.tokens import count

# A moment that never changes: the same request gets the same bytes.
_CREATED = 1_735_689_600


@dataclass(frozen=True, slots=True)
class Event:
    """A server-sent event, with the tokens that are billed once it is written."""

    data: bytes
    tokens: int = 0


def completion(answer: Answer) -> bytes:
    """The body of a plain answer."""
    choices = [_choice(index, choice) for index, choice in enumerate(answer.choices)]
    body = _envelope(answer, "chat.completion") | {"choices": choices}
    usage = answer.usage()
    return msgspec.json.encode(body | ({"usage": usage} if usage else {}))


def stream(answer: Answer) -> list[Event]:
    """The events of a streamed answer, as the request's faults want them."""
    faults = answer.asked.faults
    events = [_event(chunk, tokens) for chunk, tokens in _chunks(answer)]
    if "garbage" in faults:
        events.insert(len(events) // 2, Event(b'data: {"id": "chatcmpl-sim", "choices": [{"del\n\n'))
    if answer.profile.azure:
        events.insert(0, Event(azure.opening()))
    if "nodone" not in faults:
        events.append(Event(b"data: [DONE]\n\n"))
    return [disturbed(event, answer) for event in events]


def error_stream(_: Answer, refused: Refused) -> list[Event]:
    """A stream that has nothing but an error to say."""
    return [Event(b"data: " + error_body(refused) + b"\n\n")]


def error_body(refused: Refused) -> bytes:
    """The body of an error, in the API's shape."""
    error = {"message": refused.message, "type": refused.kind, "param": refused.param, "code": refused.code}
    return msgspec.json.encode({"error": error, "x_simulated": {"unknown": []}})


def models_body(profile: Profile) -> bytes:
    """The body of `GET /v1/models`."""
    cards = [_model(model, profile) for model in profile.models]
    return msgspec.json.encode({"object": "list", "data": cards, "x_simulated": {"unknown": []}})


def _model(model: str, profile: Profile) -> dict[str, Any]:
    return {"id": model, "object": "model", "created": _CREATED, "owned_by": f"simulated-{profile.name}"}


def _envelope(answer: Answer, kind: str) -> dict[str, Any]:
    asked = answer.asked
    return {
        "id": f"chatcmpl-sim{asked.digest}",
        "object": kind,
        "created": _CREATED,
        "model": asked.model,
        "system_fingerprint": "fp_simulated",
        "x_simulated": {"profile": answer.profile.name, "unknown": list(asked.unknown)},
    }


def _choice(index: int, choice: Choice) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(choice.text), "refusal": None}
    if choice.tools:
        message |= {"content": None, "tool_calls": [_tool(call) for call in choice.tools]}
    return {"index": index, "message": message, "logprobs": None, "finish_reason": choice.finish}


def _tool(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": "".join(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _chunks(answer: Answer) -> Iterator[tuple[dict[str, Any], int]]:
    """The chunk objects with the tokens that each bills; the choices take turns."""
    envelope = _envelope(answer, "chat.completion.chunk")
    usage = answer.usage() if answer.asked.wants_usage else None
    inline = usage is not None and "usage-inline" in answer.asked.faults
    # The real API sends `usage: null` on every chunk but the last when usage was asked for.
    blank = {"usage": None} if usage and not inline else {}
    for index, choice in enumerate(answer.choices):
        first = {"role": "assistant", "content": None if choice.tools else "", "refusal": None}
        yield envelope | {"choices": [_delta(index, first)]} | blank, choice.reasoning_tokens
    for turn in zip_longest(*map(_deltas, answer.choices)):
        for index, (delta, tokens) in ((index, part) for index, part in enumerate(turn) if part):
            yield envelope | {"choices": [_delta(index, delta)]} | blank, tokens
    if not answer.choices:
        yield envelope | {"choices": []} | blank, 0
    last = len(answer.choices) - 1
    for index, choice in enumerate(answer.choices):
        ending = {"usage": usage} if inline and index == last else blank
        yield envelope | {"choices": [_delta(index, {}, choice.finish)]} | ending, 0
    if usage and not inline:
        yield envelope | {"choices": [], "usage": usage}, 0


def _deltas(choice: Choice) -> Iterator[tuple[dict[str, Any], int]]:
    for piece in choice.text:
        yield {"content": piece}, 1
    for index, call in enumerate(choice.tools):
        opening = _tool(call) | {"index": index, "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [opening]}, count(call.name)
        for piece in call.arguments:
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}, 1


def _delta(index: int, delta: Mapping[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def _event(chunk: Mapping[str, Any], tokens: int) -> Event:
    return Event(b"data: " + msgspec.json.encode(chunk) + b"\n\n", tokens)


def disturbed(event: Event, answer: Answer) -> Event:
    """The event as the request's faults want it written."""
    faults, data = answer.asked.faults, event.data
    if "comments" in faults:
        data = b": simulated keep-alive\n\n" + data
    if "crlf" in faults:
        data = data.replace(b"\n", b"\r\n")
    return Event(data, event.tokens)
