"""OpenAI's Responses format: requests in chat's words, answers and events in its own."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from routergate.testing.answers import Answer, Choice, ToolCall
from routergate.testing.asked import Asked, read
from routergate.testing.faults import Faults
from routergate.testing.profile import Profile
from routergate.testing.refusals import Refused, missing
from routergate.testing.tokens import count
from routergate.testing.wire import Event, disturbed

# fmt: off
KNOWN = frozenset({
    "model", "input", "instructions", "stream", "max_output_tokens", "tools", "tool_choice", "text",
    "reasoning", "store", "previous_response_id", "metadata", "user", "service_tier", "temperature", "top_p",
    "truncation", "include", "parallel_tool_calls", "background", "conversation", "prompt",
    "prompt_cache_key", "safety_identifier", "max_tool_calls", "top_logprobs", "stream_options",
})
# fmt: on
"""The request fields of the real API; all others are reported back as unknown."""
_CREATED = 1_735_689_600

Piece = tuple[dict[str, Any], int]
"""An event, and the tokens that it bills."""


def read_responses(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Asked:
    """Check `body`, or raise `Refused` as the real API would."""
    if body.get("input") is None:
        raise missing("input")
    unknown = tuple(sorted(body.keys() - KNOWN))
    return replace(read(as_chat(body), profile, imposed), format="responses", unknown=unknown)


def as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the request comes to in chat's words, as far as an answer depends on it."""
    system = [{"role": "system", "content": body["instructions"]}] if body.get("instructions") else []
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    chat: dict[str, Any] = {"model": body.get("model"), "messages": [*system, *map(_message, items)]}
    chat |= {"stream": bool(body.get("stream")), "seed": body.get("previous_response_id")}
    if body.get("max_output_tokens"):
        chat["max_tokens"] = body["max_output_tokens"]
    if body.get("tools"):
        chat["tools"] = [{"type": "function", "function": tool} for tool in body["tools"]]
    if choice := body.get("tool_choice"):
        chat["tool_choice"] = choice if isinstance(choice, str) else {"type": "function", "function": choice}
    if (body.get("reasoning") or {}).get("effort"):
        chat["reasoning_effort"] = body["reasoning"]["effort"]
    if (form := (body.get("text") or {}).get("format") or {}).get("type") == "json_schema":
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": form.get("schema")}}
    return chat


def completion(answer: Answer) -> bytes:
    """The body of a plain answer."""
    return msgspec.json.encode(_response(answer))


def stream(answer: Answer) -> list[Event]:
    """The events of a streamed answer, as the request's faults want them."""
    faults = answer.asked.faults
    pieces = list(_events(answer))
    if "nodone" in faults:
        pieces.pop()
    events = [_event(piece, tokens, number) for number, (piece, tokens) in enumerate(pieces)]
    if "garbage" in faults:
        events.insert(len(events) // 2, Event(b'event: response.output_text.delta\ndata: {"type": "resp\n\n'))
    return [disturbed(event, answer) for event in events]


def error_stream(answer: Answer, refused: Refused) -> list[Event]:
    """A stream that begins and then has nothing but an error to say."""
    failure = {"type": "error", "code": refused.code, "message": refused.message, "param": None}
    opening = {"type": "response.created", "response": _envelope(answer)}
    return [_event(opening, 0, 0), _event(failure, 0, 1)]


def _message(item: Mapping[str, Any]) -> dict[str, Any]:
    if "role" not in item:
        return {"role": "tool", "content": str(item.get("output") or item.get("arguments") or "")}
    content = item.get("content")
    parts = content if isinstance(content, list) else [{"type": "input_text", "text": content}]
    return {"role": item["role"], "content": [_part(part) for part in parts]}


def _part(part: Mapping[str, Any]) -> dict[str, Any]:
    if part.get("type") == "input_image":
        return {"type": "image_url", "image_url": {"url": "simulated"}}
    return {"type": "text", "text": part.get("text") or ""}


def _envelope(answer: Answer) -> dict[str, Any]:
    asked = answer.asked
    return {
        "id": f"resp_sim{asked.digest}",
        "object": "response",
        "created_at": _CREATED,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": asked.model,
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": None,
        "x_simulated": {"profile": answer.profile.name, "unknown": list(asked.unknown)},
    }


def _response(answer: Answer) -> dict[str, Any]:
    cut = any(choice.finish == "length" for choice in answer.choices)
    return _envelope(answer) | {
        "status": "incomplete" if cut else "completed",
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "output": [item for choice in answer.choices for item in _items(choice, answer)],
        "usage": _usage(answer),
    }


def _usage(answer: Answer) -> dict[str, Any] | None:
    if (usage := answer.usage()) is None:
        return None
    return {
        "input_tokens": usage["prompt_tokens"],
        "input_tokens_details": usage["prompt_tokens_details"],
        "output_tokens": usage["completion_tokens"],
        "output_tokens_details": usage["completion_tokens_details"],
        "total_tokens": usage["total_tokens"],
    }


def _items(choice: Choice, answer: Answer) -> Iterator[dict[str, Any]]:
    if choice.reasoning_tokens:
        yield {"id": "rs_sim", "type": "reasoning", "summary": []}
    if choice.text:
        yield _said(answer, "".join(choice.text))
    for call in choice.tools:
        yield _call(call, "".join(call.arguments))


def _said(answer: Answer, text: str | None) -> dict[str, Any]:
    content = [] if text is None else [{"type": "output_text", "text": text, "annotations": []}]
    status = "in_progress" if text is None else "completed"
    head = {"id": f"msg_sim{answer.asked.digest}", "type": "message", "role": "assistant"}
    return head | {"status": status, "content": content}


def _call(call: ToolCall, arguments: str) -> dict[str, Any]:
    head = {"id": f"fc_{call.id}", "type": "function_call", "call_id": call.id, "name": call.name}
    return head | {"arguments": arguments, "status": "completed" if arguments else "in_progress"}


def _events(answer: Answer) -> Iterator[Piece]:
    yield {"type": "response.created", "response": _envelope(answer)}, 0
    yield {"type": "response.in_progress", "response": _envelope(answer)}, 0
    for choice in answer.choices:
        place = 0
        if choice.reasoning_tokens:
            item = {"id": "rs_sim", "type": "reasoning", "summary": []}
            yield (
                {"type": "response.output_item.added", "output_index": place, "item": item},
                choice.reasoning_tokens,
            )
            yield {"type": "response.output_item.done", "output_index": place, "item": item}, 0
            place += 1
        if choice.text:
            yield from _spoken(choice, answer, place)
            place += 1
        for index, call in enumerate(choice.tools, place):
            yield from _called(call, index)
    whole = _response(answer)
    yield {"type": f"response.{whole['status']}", "response": whole}, 0


def _spoken(choice: Choice, answer: Answer, place: int) -> Iterator[Piece]:
    text = "".join(choice.text)
    at = {"item_id": f"msg_sim{answer.asked.digest}", "output_index": place, "content_index": 0}
    part = {"type": "output_text", "text": "", "annotations": []}
    opened, said = _said(answer, None), _said(answer, text)
    yield {"type": "response.output_item.added", "output_index": place, "item": opened}, 0
    yield {"type": "response.content_part.added", **at, "part": part}, 0
    for piece in choice.text:
        yield {"type": "response.output_text.delta", **at, "delta": piece, "logprobs": []}, 1
    yield {"type": "response.output_text.done", **at, "text": text, "logprobs": []}, 0
    yield {"type": "response.content_part.done", **at, "part": part | {"text": text}}, 0
    yield {"type": "response.output_item.done", "output_index": place, "item": said}, 0


def _called(call: ToolCall, place: int) -> Iterator[Piece]:
    at = {"item_id": f"fc_{call.id}", "output_index": place}
    opened, done = _call(call, ""), _call(call, "".join(call.arguments))
    yield {"type": "response.output_item.added", "output_index": place, "item": opened}, count(call.name)
    for piece in call.arguments:
        yield {"type": "response.function_call_arguments.delta", **at, "delta": piece}, 1
    told = {**at, "arguments": done["arguments"], "name": call.name}
    yield {"type": "response.function_call_arguments.done", **told}, 0
    yield {"type": "response.output_item.done", "output_index": place, "item": done}, 0


def _event(piece: Mapping[str, Any], tokens: int, number: int) -> Event:
    data = msgspec.json.encode({**piece, "sequence_number": number})
    return Event(f"event: {piece['type']}\ndata: ".encode() + data + b"\n\n", tokens)
