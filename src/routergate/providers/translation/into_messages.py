"""A chat request → a Messages request."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import msgspec

from routergate.domain.format import Format
from routergate.domain.model import ModelCard
from routergate.domain.request import ChatRequest
from routergate.providers.translation.terms import Tree, Untranslatable, given, marked, parts, tree

_KNOWN = (
    "model messages stream stream_options max_tokens max_completion_tokens n temperature top_p stop tools"
    " tool_choice parallel_tool_calls functions function_call response_format reasoning_effort seed user"
    " metadata store logprobs top_logprobs logit_bias presence_penalty frequency_penalty modalities audio"
    " prediction service_tier safety_identifier prompt_cache_key prompt_cache_retention verbosity"
    " web_search_options models"
)
KNOWN: Final = frozenset(_KNOWN.split())
"""The parameters of the chat format. Those that are not translated have no like; all others pass."""
BOUND: Final = ("functions", "audio", "web_search_options", "logprobs")
"""Without these the answer would be another one."""
ENOUGH = 4096
"""Tokens that an answer may have where neither the caller nor the catalogue says it."""
BUDGETS: Final[Mapping[str, int]] = {
    "minimal": 1024,
    "low": 1024,
    "medium": 4096,
    "high": 16_384,
    "xhigh": 32_768,
}
LEAST_BUDGET = 1024
CHOICES: Final[Mapping[str, str]] = {"auto": "auto", "required": "any", "none": "none"}
TIERS: Final[Mapping[str, str]] = {"auto": "auto", "default": "standard_only"}
ONLY_JSON = "Answer with one JSON object and nothing else."


def as_messages(request: ChatRequest, card: ModelCard) -> ChatRequest:
    """The same request in Anthropic's words; raises `Untranslatable`."""
    body = tree(request.payload)
    for name in BOUND:
        if body.get(name):
            raise Untranslatable(f"'{name}' is not understood by Anthropic's API")
    if request.choices > 1:
        raise Untranslatable("Anthropic's API gives one answer at a time: 'n' must be 1")
    others = {name: value for name, value in body.items() if name not in KNOWN}
    most = request.max_output_tokens or card.max_output_tokens or ENOUGH
    if request.prefill:
        body["messages"] = [*body["messages"], {"role": "assistant", "content": request.prefill}]
    payload = {**_messages(body, most), **others}
    return replace(
        request,
        format=Format.MESSAGES,
        payload=payload,
        limits=("max_tokens",),
        wants_usage=True,
        prefill="",
    )


def _messages(body: Tree, most: int) -> Tree:
    turns = list(_merged(_turns(body["messages"])))
    choice, thinking = _choice(body), _thinking(body, most)
    warmth = body.get("temperature")
    return {
        "model": body["model"],
        "max_tokens": most,
        "messages": turns,
        **given(
            system=_system(body) or None,
            stream=body.get("stream"),
            tools=[_tool(tool) for tool in body.get("tools") or ()] or None,
            tool_choice=choice if body.get("tools") else None,
            stop_sequences=[body["stop"]] if isinstance(body.get("stop"), str) else body.get("stop"),
            thinking=thinking,
            # With thinking, Anthropic takes no other temperature than its own.
            temperature=None if warmth is None or thinking else min(warmth, 1),
            top_p=None if thinking else body.get("top_p"),
            output_config=_output(body.get("response_format") or {}),
            metadata={"user_id": body["user"]} if body.get("user") else None,
            service_tier=TIERS.get(body.get("service_tier") or ""),
        ),
    }


def _system(body: Tree) -> list[Tree]:
    """All that the system says, wherever it stands."""
    told = [message for message in body["messages"] if message["role"] in {"system", "developer"}]
    blocks = [_text(part) for message in told for part in parts(message.get("content"))]
    wanted = (body.get("response_format") or {}).get("type")
    return [*blocks, {"type": "text", "text": ONLY_JSON}] if wanted == "json_object" else blocks


def _turns(messages: Iterable[Tree]) -> Iterator[tuple[str, list[Tree]]]:
    for message in messages:
        if message["role"] == "assistant":
            yield "assistant", _said(message)
        elif message["role"] == "tool":
            yield "user", [_result(message)]
        elif message["role"] == "user":
            yield "user", [_part(part) for part in parts(message.get("content"))]
        elif message["role"] == "function":
            raise Untranslatable("messages of the role 'function' are not understood by Anthropic's API")


def _merged(turns: Iterable[tuple[str, list[Tree]]]) -> Iterator[Tree]:
    """Turns that alternate: what one side says in a row is one message."""
    last: Tree | None = None
    for role, blocks in turns:
        if not blocks:
            continue
        if last is not None and last["role"] == role:
            last["content"] += blocks
            continue
        if last is not None:
            yield last
        last = {"role": role, "content": blocks}
    if last is not None:
        yield last


def _said(message: Tree) -> list[Tree]:
    """Thoughts first, then words, then calls, as Anthropic has them."""
    words = [_text(part) for part in parts(message.get("content")) if part.get("text")]
    refusal = [{"type": "text", "text": message["refusal"]}] if message.get("refusal") else []
    calls = [_call(call) for call in message.get("tool_calls") or ()]
    return [*(message.get("thinking_blocks") or ()), *words, *refusal, *calls]


def _result(message: Tree) -> Tree:
    content = [_part(part) for part in parts(message.get("content"))]
    return given(
        type="tool_result",
        tool_use_id=message.get("tool_call_id"),
        content=content or None,
        cache_control=message.get("cache_control"),
    )


def _call(call: Tree) -> Tree:
    function = call.get("function") or {}
    arguments: Any = {}
    with suppress(msgspec.DecodeError):  # a model wrote them, and may have been cut short
        arguments = msgspec.json.decode(function.get("arguments") or "{}")
    return {
        "type": "tool_use",
        "id": call.get("id"),
        "name": function.get("name"),
        "input": arguments if isinstance(arguments, dict) else {},
        **marked(call),
    }


def _part(part: Tree) -> Tree:
    if part["type"] not in PARTS:
        raise Untranslatable(f"a part of type '{part['type']}' is not understood by Anthropic's API")
    return PARTS[part["type"]](part)


def _text(part: Tree) -> Tree:
    return {"type": "text", "text": part.get("text") or part.get("refusal") or "", **marked(part)}


def _image(part: Tree) -> Tree:
    wanted = part["image_url"]
    url = wanted if isinstance(wanted, str) else wanted["url"]
    return {"type": "image", "source": _source(url), **marked(part)}


def _file(part: Tree) -> Tree:
    file = part["file"]
    if not file.get("file_data"):
        raise Untranslatable(
            "a file that was uploaded to one provider cannot go to another; send 'file_data'"
        )
    title = given(title=file.get("filename"))
    return {"type": "document", "source": _source(file["file_data"]), **title, **marked(part)}


PARTS: Final[Mapping[str, Callable[[Tree], Tree]]] = {"text": _text, "image_url": _image, "file": _file}


def _source(url: str) -> Tree:
    if not url.startswith("data:"):
        return {"type": "url", "url": url}
    head, _, data = url.removeprefix("data:").partition(",")
    return {"type": "base64", "media_type": head.partition(";")[0], "data": data}


def _tool(tool: Tree) -> Tree:
    function = tool.get("function")
    if not isinstance(function, dict):
        raise Untranslatable(f"a tool of type '{tool.get('type')}' is not understood by Anthropic's API")
    return {
        "name": function.get("name"),
        "input_schema": function.get("parameters") or {"type": "object", "properties": {}},
        **given(description=function.get("description"), strict=function.get("strict")),
        **marked(tool),
    }


def _choice(body: Tree) -> Tree | None:
    wanted, alone = body.get("tool_choice"), body.get("parallel_tool_calls") is False
    chosen: Tree | None = None
    if isinstance(wanted, dict):
        chosen = {"type": "tool", "name": (wanted.get("function") or {}).get("name")}
    elif isinstance(wanted, str) and wanted in CHOICES:
        chosen = {"type": CHOICES[wanted]}
    if not alone or (chosen or {}).get("type") == "none":
        return chosen
    return {**(chosen or {"type": "auto"}), "disable_parallel_tool_use": True}


def _thinking(body: Tree, most: int) -> Tree | None:
    """How long it may think, where Anthropic lets it: not before a call that it must make, nor after one
    whose thoughts are lost."""
    budget = min(BUDGETS.get(body.get("reasoning_effort") or "", 0), most - 1)
    forced = (_choice(body) or {}).get("type") in {"any", "tool"}
    if budget < LEAST_BUDGET or forced or _thoughtless(body["messages"]):
        return None
    return {"type": "enabled", "budget_tokens": budget}


def _thoughtless(messages: list[Tree]) -> bool:
    said = [message for message in messages if message["role"] == "assistant"]
    return bool(said and said[-1].get("tool_calls") and not said[-1].get("thinking_blocks"))


def _output(wanted: Tree) -> Tree | None:
    if wanted.get("type") != "json_schema":
        return None
    schema = (wanted.get("json_schema") or {}).get("schema")
    return {"format": {"type": "json_schema", "schema": schema}}
