"""Anthropic's Messages format: requests, checked the way the real API checks them, in OpenAI's words."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from routergate.testing.asked import Asked, read
from routergate.testing.faults import Faults
from routergate.testing.profile import Profile
from routergate.testing.refusals import Refused

# fmt: off
KNOWN = frozenset({
    "model", "max_tokens", "messages", "system", "stream", "tools", "tool_choice", "thinking", "metadata",
    "output_config", "stop_sequences", "temperature", "top_p", "top_k", "service_tier", "container",
    "context_management", "mcp_servers", "cache_control", "inference_geo", "speed",
})
# fmt: on
"""The request fields of the real API; all others are reported back as unknown."""
CHOICES = {"any": "required", "auto": "auto", "none": "none"}


def read_messages(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Asked:
    """Check `body`, or raise `Refused` as the real API would."""
    if not isinstance(body.get("max_tokens"), int):
        raise invalid("max_tokens: Field required")
    return read_counted(body, profile, imposed)


def read_counted(body: Mapping[str, Any], profile: Profile, imposed: Faults) -> Asked:
    """The same for a request that only wants its tokens counted."""
    _check(body.get("messages"))
    asked = read(_prefilled(as_chat(body)), profile, imposed)
    marks = tuple(mark.get("ttl", "5m") for mark in markers(body))
    return replace(
        asked,
        format="messages",
        unknown=tuple(sorted(body.keys() - KNOWN)),
        cached_for=marks[0] if marks else None,
    )


def invalid(said: str) -> Refused:
    """The request is at fault."""
    return Refused(400, said)


def as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """What the request comes to in OpenAI's words, as far as an answer depends on it."""
    system = [{"role": "system", "content": text(body["system"])}] if body.get("system") else []
    turns = [turn for message in body["messages"] for turn in _turns(message)]
    chat: dict[str, Any] = {"model": body.get("model"), "messages": [*system, *turns]}
    chat |= {name: body[name] for name in ("stream", "max_tokens", "temperature", "top_p") if name in body}
    if body.get("tools"):
        chat["tools"] = [_tool(tool) for tool in body["tools"]]
    if choice := body.get("tool_choice"):
        chosen = {"type": "function", "function": {"name": choice.get("name")}}
        chat["tool_choice"] = (
            chosen if choice.get("type") == "tool" else CHOICES.get(choice.get("type"), "auto")
        )
        chat["parallel_tool_calls"] = not choice.get("disable_parallel_tool_use", False)
    if (body.get("thinking") or {}).get("type") == "enabled":
        chat["reasoning_effort"] = "medium"
    if schema := ((body.get("output_config") or {}).get("format") or {}).get("schema"):
        chat["response_format"] = {"type": "json_schema", "json_schema": {"schema": schema}}
    return chat


def _prefilled(chat: dict[str, Any]) -> dict[str, Any]:
    """In this format, an assistant's last message is the beginning of the answer."""
    *others, last = chat["messages"]
    if last["role"] != "assistant":
        return chat
    if text(last["content"]).rstrip() != text(last["content"]):
        raise invalid("messages: final assistant content cannot end with trailing whitespace")
    return {**chat, "messages": [*others, {**last, "prefix": True}]}


def text(content: Any) -> str:
    """All text of a message or of the system's blocks."""
    if isinstance(content, str):
        return content
    return "\n".join(block.get("text") or "" for block in content if block.get("type") == "text")


def markers(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every prompt-cache marker of a body."""
    if isinstance(value, list):
        for item in value:
            yield from markers(item)
    elif isinstance(value, Mapping):
        if isinstance(value.get("cache_control"), Mapping):
            yield value["cache_control"]
        for inner in value.values():
            yield from markers(inner)


def _check(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise invalid("messages: at least one message is required")
    for place, message in enumerate(messages):
        if not isinstance(message, Mapping) or message.get("role") not in {"user", "assistant"}:
            raise invalid(f"messages.{place}.role: Input should be 'user' or 'assistant'")
        if not isinstance(message.get("content"), str | list):
            raise invalid(f"messages.{place}.content: Input should be a valid string or list")
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part.get("type") == "text" and not part.get("text"):
                raise invalid(f"messages.{place}.content: text content blocks must be non-empty")


def _turns(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A tool's results are messages of their own in OpenAI's words."""
    content = message["content"]
    blocks = content if isinstance(content, list) else [{"type": "text", "text": content}]
    others = [block for block in blocks if block.get("type") != "tool_result"]
    if others:
        yield {"role": message["role"], "content": [_part(block) for block in others]}
    for block in blocks:
        if block.get("type") == "tool_result":
            yield {"role": "tool", "content": text(block.get("content") or "")}


def _part(block: Mapping[str, Any]) -> dict[str, Any]:
    if block.get("type") == "image":
        return {"type": "image_url", "image_url": {"url": "simulated"}}
    return {"type": "text", "text": block.get("text") or ""}


def _tool(tool: Any) -> dict[str, Any]:
    if not isinstance(tool, Mapping) or not isinstance(tool.get("name"), str):
        raise invalid("tools: a tool needs a name")
    function = {"name": tool["name"], "parameters": tool.get("input_schema") or {"type": "object"}}
    return {"type": "function", "function": function}
