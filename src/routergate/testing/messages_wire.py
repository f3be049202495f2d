"""Anthropic's Messages format: answers, events and errors."""

from collections.abc import Iterator
from typing import Any

import msgspec

from routergate.testing.answers import Answer, Choice, ToolCall
from routergate.testing.refusals import Refused
from routergate.testing.tokens import count
from routergate.testing.wire import Event, disturbed

STOP_REASONS = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
KINDS = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    529: "overloaded_error",
}
THOUGHT = "No model thinks here."


def completion(answer: Answer) -> bytes:
    """The body of a plain answer."""
    body = _envelope(answer)
    for choice in answer.choices[:1]:
        body |= {"content": list(_blocks(choice, answer)), "stop_reason": STOP_REASONS[choice.finish]}
    return msgspec.json.encode(body | _usage(answer, answer.tokens))


def stream(answer: Answer) -> list[Event]:
    """The events of a streamed answer, as the request's faults want them."""
    faults = answer.asked.faults
    events = [_event(*parts) for parts in _events(answer)]
    if "garbage" in faults:
        events.insert(len(events) // 2, Event(b'event: content_block_delta\ndata: {"type": "cont\n\n'))
    if "nodone" in faults:
        events.pop()
    return [disturbed(event, answer) for event in events]


def error_stream(answer: Answer, refused: Refused) -> list[Event]:
    """A stream that begins and then has nothing but an error to say."""
    beginning = [_event(*parts) for parts in list(_events(answer))[:2]]
    return [*beginning, Event(b"event: error\ndata: " + error_body(refused) + b"\n\n")]


def error_body(refused: Refused) -> bytes:
    """The body of an error, in the API's shape."""
    kind = KINDS.get(refused.status, "invalid_request_error")
    error = {"type": kind, "message": refused.message}
    return msgspec.json.encode({"type": "error", "error": error, "request_id": "req_simulated"})


def _envelope(answer: Answer) -> dict[str, Any]:
    asked = answer.asked
    return {
        "id": f"msg_sim{asked.digest}",
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "x_simulated": {"profile": answer.profile.name, "unknown": list(asked.unknown)},
    }


def _usage(answer: Answer, output: int) -> dict[str, Any]:
    """Cached tokens beside the others; a marker has half of what is not cached yet written to the cache."""
    if answer.usage() is None:
        return {}
    prompt, kept = answer.asked.prompt_tokens, answer.asked.cached_for
    read = int(prompt * answer.profile.cached_share)
    written = (prompt - read) // 2 if kept else 0
    reasoning = sum(choice.reasoning_tokens for choice in answer.choices) if output > 1 else 0
    usage = {
        "input_tokens": prompt - read - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": written if kept == "5m" else 0,
            "ephemeral_1h_input_tokens": written if kept == "1h" else 0,
        },
        "output_tokens": output,
        "output_tokens_details": {"thinking_tokens": reasoning},
        "service_tier": "standard",
    }
    return {"usage": usage}


def _blocks(choice: Choice, answer: Answer) -> Iterator[dict[str, Any]]:
    if choice.reasoning_tokens:
        yield {"type": "thinking", "thinking": THOUGHT, "signature": f"sig-{answer.asked.digest}"}
    if choice.text:
        yield {"type": "text", "text": "".join(choice.text)}
    for call in choice.tools:
        yield _tool(call) | {"input": msgspec.json.decode("".join(call.arguments))}


def _tool(call: ToolCall) -> dict[str, Any]:
    return {"type": "tool_use", "id": call.id.replace("call_", "toolu_"), "name": call.name, "input": {}}


def _events(answer: Answer) -> Iterator[tuple[dict[str, Any], int]]:
    """The events with the tokens that each bills."""
    yield {"type": "message_start", "message": _envelope(answer) | _usage(answer, 1)}, 0
    yield {"type": "ping"}, 0
    reason = "end_turn"
    for choice in answer.choices[:1]:
        reason = STOP_REASONS[choice.finish]
        yield from _pieces(choice, answer)
    usage = _usage(answer, answer.tokens).get("usage", {})
    told = {name: usage[name] for name in usage if name not in {"cache_creation", "service_tier"}}
    delta = {"stop_reason": reason, "stop_sequence": None}
    yield {"type": "message_delta", "delta": delta, **({"usage": told} if told else {})}, 0
    yield {"type": "message_stop"}, 0


def _pieces(choice: Choice, answer: Answer) -> Iterator[tuple[dict[str, Any], int]]:
    """Each block with its beginning, its pieces and its end."""
    blocks: list[tuple[dict[str, Any], list[tuple[dict[str, Any], int]]]] = []
    if choice.reasoning_tokens:
        signature = {"type": "signature_delta", "signature": f"sig-{answer.asked.digest}"}
        thoughts = [
            ({"type": "thinking_delta", "thinking": THOUGHT}, choice.reasoning_tokens),
            (signature, 0),
        ]
        blocks.append(({"type": "thinking", "thinking": "", "signature": ""}, thoughts))
    if choice.text:
        blocks.append(({"type": "text", "text": ""}, [_text(piece) for piece in choice.text]))
    for call in choice.tools:
        named = ({"type": "input_json_delta", "partial_json": ""}, count(call.name))
        blocks.append((_tool(call), [named, *map(_json, call.arguments)]))
    for index, (opening, deltas) in enumerate(blocks):
        yield {"type": "content_block_start", "index": index, "content_block": opening}, 0
        for delta, tokens in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}, tokens
        yield {"type": "content_block_stop", "index": index}, 0


def _text(piece: str) -> tuple[dict[str, Any], int]:
    return {"type": "text_delta", "text": piece}, 1


def _json(piece: str) -> tuple[dict[str, Any], int]:
    return {"type": "input_json_delta", "partial_json": piece}, 1


def _event(event: dict[str, Any], tokens: int) -> Event:
    return Event(f"event: {event['type']}\ndata: ".encode() + msgspec.json.encode(event) + b"\n\n", tokens)
