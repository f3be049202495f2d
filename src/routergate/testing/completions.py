"""OpenAI's legacy completions: a prompt in, text out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from routergate.testing import wire
from routergate.testing.answers import Answer
from routergate.testing.asked import Asked, read
from routergate.testing.faults import Faults
from routergate.testing.profile import Profile
from routergate.testing.refusals import missing
from routergate.testing.wire import Event

KNOWN = frozenset(
    {
        "model", "prompt", "suffix", "max_tokens", "temperature", "top_p", "n", "stream", "stream_options",
        "logprobs", "echo", "stop", "presence_penalty", "frequency_penalty", "best_of", "logit_bias",
        "user", "seed",
    }
)  # fmt: skip


def read_completions(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Asked:
    """Check `body`, or raise `Refused` as the real API would."""
    prompt = body.get("prompt")
    if prompt is None:
        raise missing("prompt")
    messages = [{"role": "user", "content": prompt if isinstance(prompt, str) else str(prompt)}]
    others = {name: value for name, value in body.items() if name in KNOWN - {"prompt"}}
    asked = read({**others, "messages": messages}, profile, imposed)
    return replace(asked, format="completions", unknown=tuple(sorted(body.keys() - KNOWN)))


def completion(answer: Answer) -> bytes:
    """The body of a plain answer."""
    return msgspec.json.encode(_legacy(msgspec.json.decode(wire.completion(answer))))


def stream(answer: Answer) -> list[Event]:
    """The events of a streamed answer, as the request's faults want them."""
    return [Event(_rewritten(event.data), event.tokens) for event in wire.stream(answer)]


def _rewritten(data: bytes) -> bytes:
    head, mark, rest = data.partition(b"data: ")
    body = rest.rstrip(b"\r\n")
    try:
        chunk = msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.DecodeError:
        return data
    return head + mark + msgspec.json.encode(_legacy(chunk)) + rest[len(body) :]


def _legacy(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "object": "text_completion", "choices": [_choice(choice) for choice in body["choices"]]}


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    said = choice.get("message") or choice.get("delta") or {}
    text = said.get("content") or ""
    return {
        "index": choice["index"],
        "text": text,
        "logprobs": None,
        "finish_reason": choice["finish_reason"],
    }
