"""OpenAI's Responses: the request, bytes in, checked values out; and the answers that providers keep."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from aiohttp import web
from msgspec import Meta, Raw

from routergate.api.caller import key_of
from routergate.api.services import SERVICES
from routergate.api.wire import (
    FORMATS,
    MOST_MESSAGES,
    PER_IMAGE,
    PER_MESSAGE,
    PER_REPLY,
    Count,
    ResponseFormat,
    Said,
    all_told,
    decoded,
    whole,
)
from routergate.domain.errors import InvalidRequest
from routergate.domain.format import Format
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, Message


class Part(msgspec.Struct):
    type: str | None = None
    text: str | None = None


class Item(msgspec.Struct):
    """A message, a call, its result, or what else there is."""

    type: str | None = None
    role: str | None = None
    content: str | list[Part] | None = None
    output: str | list[Part] | dict[str, Raw] | None = None
    arguments: str | None = None
    name: str | None = None
    """Of the tool that is called."""


class Text(msgspec.Struct):
    format: ResponseFormat | None = None


class Reasoning(msgspec.Struct):
    effort: str | None = None


class WireResponses(Said, kw_only=True):
    """The parameters that routing reads; the others pass unread."""

    input: str | Annotated[list[Item], Meta(max_length=MOST_MESSAGES)] = ""
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Count | None = None
    tools: list[Raw] | None = None
    text: Text | None = None
    reasoning: Reasoning | None = None
    service_tier: str | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    prompt: Any = None
    """A template that the provider keeps."""
    background: bool | None = None
    conversation: Any = None


_asked: Final = msgspec.json.Decoder(WireResponses).decode

REFUSED: Final[Mapping[str, str]] = {
    "background": "an answer that nobody waits for cannot be metered",
    "conversation": "conversations are kept by one provider; use 'previous_response_id'",
}


def read_responses(body: bytes) -> tuple[ChatRequest, Said]:
    """A Responses request and who asks; raises `InvalidRequest` naming the place."""
    payload, asked = decoded(body, lambda text: (whole(text), _asked(text)))
    for name, reason in REFUSED.items():
        if getattr(asked, name):
            raise InvalidRequest(f"'{name}' is not taken: {reason}.", param=name)
    return _request(payload, asked, len(body)), asked


async def kept(request: web.Request) -> web.Response:
    """What the provider that keeps a response says of it."""
    return await _told(request, "")


async def input_items(request: web.Request) -> web.Response:
    """What it says of what the response was made from."""
    return await _told(request, "/input_items")


async def _told(request: web.Request, place: str) -> web.Response:
    """Nothing is due for it."""
    gateway = request.app[SERVICES].gateway()
    identity = await gateway.keyring.identify(key_of(request.headers), request.remote)
    answer_id = request.match_info["id"]
    below = answer_id + place
    asked = f"{below}?{request.query_string}" if request.query_string else below
    told = await gateway.kept(identity, answer_id, request.method, asked)
    return web.Response(status=told.status, body=told.body, content_type=told.content_type)


def _request(payload: Mapping[str, Any], asked: WireResponses, size: int) -> ChatRequest:
    items = [] if isinstance(asked.input, str) else asked.input
    parts = [part for item in items if isinstance(item.content, list) for part in item.content]
    images = sum(part.type == "input_image" for part in parts)
    definitions = sum(len(bytes(raw)) for raw in asked.tools or ()) // 4
    return ChatRequest(
        payload=payload,
        model=asked.first(),
        format=Format.RESPONSES,
        messages=tuple(_turns(asked, items)),
        needs=frozenset(_needs(asked, parts)),
        stream=bool(asked.stream),
        max_output_tokens=asked.max_output_tokens,
        limits=("max_output_tokens",),
        attachment_tokens=PER_MESSAGE * len(items) + PER_REPLY + definitions + PER_IMAGE * images,
        service_tier=asked.service_tier,
        size=size,
        hidden=_hidden(asked, items, parts),
        follows=asked.previous_response_id,
        kept=asked.store is not False,
    )


def _hidden(asked: WireResponses, items: Iterable[Item], parts: Iterable[Part]) -> bool:
    """Whether the provider reads more than it is sent: what it keeps, unpacks, or finds."""
    return (
        bool(asked.previous_response_id or asked.prompt)
        or not all_told(asked.tools)
        or any(item.type == "item_reference" for item in items)
        or any(part.type == "input_file" for part in parts)
    )


def _turns(asked: WireResponses, items: Iterable[Item]) -> Iterator[Message]:
    if asked.instructions:
        yield Message(role="system", text=asked.instructions)
    if isinstance(asked.input, str):
        yield Message(role="user", text=asked.input)
    for item in items:
        text = "\n".join(filter(None, (_text(item.content), _text(item.output), item.arguments)))
        yield Message(role=_role(item), text=text, calls=_calls(item))


def _role(item: Item) -> str:
    """Whose turn an item is; what tools answer is called output."""
    return item.role or ("tool" if item.type and item.type.endswith("_output") else "assistant")


def _calls(item: Item) -> tuple[int, ...]:
    return () if item.arguments is None else (hash((item.name, item.arguments)),)


def _text(content: str | list[Part] | dict[str, Raw] | None) -> str:
    if isinstance(content, list):
        return "\n".join(part.text for part in content if part.text)
    return content if isinstance(content, str) else ""


def _needs(asked: WireResponses, parts: Iterable[Part]) -> Iterator[Capability]:
    kinds = {part.type for part in parts}
    wanted = asked.text.format.type if asked.text and asked.text.format else ""
    if asked.tools:
        yield Capability.TOOLS
    if wanted in FORMATS:
        yield FORMATS[wanted]
    if asked.reasoning and asked.reasoning.effort not in {None, "none"}:
        yield Capability.REASONING
    if "input_image" in kinds:
        yield Capability.VISION
    if "input_audio" in kinds:
        yield Capability.AUDIO
