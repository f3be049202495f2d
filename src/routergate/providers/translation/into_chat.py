"""A Messages request → a chat request."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from routergate.domain.format import Format
from routergate.domain.request import ChatRequest
from routergate.providers.translation.terms import Tree, Untranslatable, encode, given, marked, parts, tree

_KNOWN = (
    "model max_tokens messages system stream tools tool_choice thinking output_config stop_sequences metadata"
    " temperature top_p top_k service_tier container context_management mcp_servers cache_control"
    " inference_geo speed diagnostics"
)
KNOWN: Final = frozenset(_KNOWN.split())
"""The parameters of the Messages format. Those that are not translated have no like; all others pass."""
BOUND: Final = ("mcp_servers", "container")
"""Without these the answer would be another one."""
CHOICES: Final[Mapping[str, str]] = {"auto": "auto", "any": "required", "none": "none"}
EFFORTS: Final = ((10_000, "high"), (4_000, "medium"), (0, "low"))
"""The thinking budget from which on an effort is as much."""
TIERS: Final[Mapping[str, str]] = {"auto": "auto", "standard_only": "default"}


def as_chat(request: ChatRequest, *, markers: bool = False) -> ChatRequest:
    """The same request in OpenAI's words; `markers` keeps what only Anthropic's models understand.

    Raises `Untranslatable`.
    """
    body = tree(request.payload)
    for name in BOUND:
        if body.get(name):
            raise Untranslatable(f"'{name}' is understood by Anthropic's own API only")
    others = {name: value for name, value in body.items() if name not in KNOWN}
    payload = {**others, **_chat(body)}
    return replace(
        request,
        format=Format.CHAT,
        payload=payload if markers else _unmarked(payload),
        limits=(),
        headers={},
        wants_usage=not request.stream,
    )


def _chat(body: Tree) -> Tree:
    output = body.get("output_config") or {}
    return {
        "model": body["model"],
        "messages": [*_system(body.get("system")), *_messages(body["messages"])],
        **_tools(body),
        **given(
            stream=body.get("stream"),
            temperature=body.get("temperature"),
            top_p=body.get("top_p"),
            stop=body.get("stop_sequences") or None,
            reasoning_effort=_effort(body.get("thinking") or {}, output),
            response_format=_response_format(output.get("format")),
            user=(body.get("metadata") or {}).get("user_id"),
            service_tier=TIERS.get(body.get("service_tier") or ""),
        ),
    }


def _system(system: Any) -> list[Tree]:
    blocks = parts(system)
    return [{"role": "system", "content": _joined(list(map(_text, blocks)))}] if blocks else []


def _messages(messages: Iterable[Tree]) -> Iterator[Tree]:
    for message in messages:
        blocks = parts(message["content"])
        yield from _said(blocks) if message["role"] == "assistant" else _heard(message["role"], blocks)


def _heard(role: str, blocks: list[Tree]) -> Iterator[Tree]:
    """The results of tools in messages of their own, then what else was said."""
    others = [block for block in blocks if block["type"] != "tool_result"]
    for block in blocks:
        if block["type"] == "tool_result":
            texts = [part for part in parts(block.get("content")) if part["type"] == "text"]
            others += [part for part in parts(block.get("content")) if part["type"] != "text"]
            content = "\n".join(part["text"] for part in texts)
            yield {"role": "tool", "tool_call_id": block["tool_use_id"], "content": content, **marked(block)}
    if others:
        yield {"role": role, "content": _joined(list(map(_part, others)))}


def _said(blocks: list[Tree]) -> Iterator[Tree]:
    texts = [_text(block) for block in blocks if block["type"] == "text"]
    thoughts = [block for block in blocks if block["type"] in {"thinking", "redacted_thinking"}]
    calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
    _check(blocks, {"text", "thinking", "redacted_thinking", "tool_use"})
    yield {
        "role": "assistant",
        "content": _joined(texts) if texts else None if calls else "",
        **given(tool_calls=calls or None, thinking_blocks=thoughts or None),
    }


def _check(blocks: Iterable[Tree], known: set[str]) -> None:
    for block in blocks:
        if block["type"] not in known:
            raise Untranslatable(
                f"a block of type '{block['type']}' is understood by Anthropic's own API only"
            )


def _joined(content: list[Tree]) -> Any:
    """One text is a text, as every server understands it."""
    [only, *more] = content
    return only["text"] if not more and only.keys() == {"type", "text"} else content


def _text(block: Tree) -> Tree:
    return {"type": "text", "text": block.get("text") or "", **marked(block)}


def _part(block: Tree) -> Tree:
    _check([block], PARTS.keys() | set())
    return PARTS[block["type"]](block)


def _image(block: Tree) -> Tree:
    return {"type": "image_url", "image_url": {"url": _url(block["source"])}, **marked(block)}


def _document(block: Tree) -> Tree:
    source = block["source"]
    if source["type"] == "text":
        return {"type": "text", "text": source["data"], **marked(block)}
    if source["type"] != "base64":
        raise Untranslatable("only documents that are sent as base64 or text can go to other models")
    file = {"filename": block.get("title") or "document.pdf", "file_data": _url(source)}
    return {"type": "file", "file": file, **marked(block)}


def _url(source: Tree) -> str:
    if source["type"] == "url":
        return str(source["url"])
    if source["type"] != "base64":
        raise Untranslatable(f"a source of type '{source['type']}' is understood by Anthropic's own API only")
    return f"data:{source['media_type']};base64,{source['data']}"


PARTS: Final[Mapping[str, Callable[[Tree], Tree]]] = {"text": _text, "image": _image, "document": _document}


def _call(block: Tree) -> Tree:
    function = {"name": block["name"], "arguments": encode(block.get("input") or {}).decode()}
    return {"id": block["id"], "type": "function", "function": function, **marked(block)}


def _tools(body: Tree) -> Tree:
    if not body.get("tools"):
        return {}
    choice = body.get("tool_choice") or {}
    alone = choice.get("disable_parallel_tool_use")
    return {
        "tools": list(map(_tool, body["tools"])),
        **given(tool_choice=_choice(choice), parallel_tool_calls=False if alone else None),
    }


def _tool(tool: Tree) -> Tree:
    if tool.get("type", "custom") not in {"custom", None}:
        raise Untranslatable(f"the tool '{tool['type']}' is understood by Anthropic's own API only")
    function = given(
        name=tool["name"],
        description=tool.get("description"),
        parameters=tool.get("input_schema"),
        strict=tool.get("strict"),
    )
    return {"type": "function", "function": function, **marked(tool)}


def _choice(choice: Tree) -> Any:
    if choice.get("type") == "tool":
        return {"type": "function", "function": {"name": choice["name"]}}
    return CHOICES.get(choice.get("type") or "")


def _effort(thinking: Tree, output: Tree) -> str | None:
    if thinking.get("type") == "enabled":
        budget = thinking.get("budget_tokens") or 0
        return next(effort for least, effort in EFFORTS if budget >= least)
    effort = output.get("effort") if thinking.get("type") == "adaptive" else None
    return "high" if effort in {"max", "xhigh"} else effort


def _response_format(wanted: Tree | None) -> Tree | None:
    if not wanted:
        return None
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": wanted.get("schema")}}


def _unmarked(value: Any) -> Any:
    """The same, without cache markers and thoughts, which OpenAI's API refuses."""
    if isinstance(value, list):
        return [_unmarked(item) for item in value]
    if not isinstance(value, dict):
        return value
    left_out = {"cache_control", "thinking_blocks"}
    return {name: _unmarked(inner) for name, inner in value.items() if name not in left_out}
