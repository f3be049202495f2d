"""OpenAI's chat request: bytes in, checked values out. Behind this page nobody checks types again."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, Final, Literal, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from routergate.domain.errors import InvalidRequest
from routergate.domain.model import Capability
from routergate.domain.request import ChatRequest, Message

PER_MESSAGE, PER_REPLY = 4, 3
"""Tokens that the chat format adds around a message and before the answer."""
PER_IMAGE = 765
"""Tokens of an image of a megapixel at full detail; what routing needs is the order of magnitude."""
AUDIO_CHARACTERS_PER_TOKEN = 1_000
"""Base64 characters: 24 kHz 16-bit speech at ten tokens a second is about 6 400; compressed, less."""

MOST_MODELS = 8
"""That a caller may list."""
MOST_MESSAGES = 10_000
"""More of them would hold up everybody else while they are taken apart."""

Count = Annotated[int, Meta(ge=1)]
Name = Annotated[str, Meta(min_length=1, max_length=256)]

Decoded = TypeVar("Decoded")
Role = Literal["system", "developer", "user", "assistant", "tool", "function"]
ABSENT: Final = Raw()
"""In place of `None`: msgspec takes nothing but null for `Raw | None`."""


class Part(msgspec.Struct):
    type: str
    text: str | None = None
    input_audio: Raw = ABSENT


class WireMessage(msgspec.Struct):
    role: Role
    content: str | list[Part] | None = None
    tool_calls: Raw = ABSENT


class Function(msgspec.Struct):
    name: str
    arguments: str = ""


class ToolCall(msgspec.Struct):
    function: Function | None = None


class StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class ResponseFormat(msgspec.Struct):
    type: str


class Metadata(msgspec.Struct):
    """What the gateway reads of `metadata`; the rest is the provider's."""

    feature: str | None = None
    customer: str | None = None
    session: str | None = None
    tags: list[str] | str | None = None
    """A list, or as in the headers: separated by commas."""
    user_id: str | None = None
    """Anthropic's place for `user`."""


class Fallback(msgspec.Struct, forbid_unknown_fields=True):
    """A model as LiteLLM's callers may write it; with messages of its own it is not taken."""

    model: Name


class Said(msgspec.Struct, kw_only=True):
    """What the body of a request says of who asks and which models, in every format."""

    model: Name | UnsetType = UNSET
    models: Annotated[list[Name], Meta(max_length=MOST_MODELS)] | None = None
    """Whom to ask in turn, after `model` if that is given: as OpenRouter's callers say it."""
    fallbacks: Annotated[list[Name | Fallback], Meta(max_length=MOST_MODELS)] | None = None
    """Whom to ask after these: as LiteLLM's callers say it."""
    metadata: Metadata | None = None
    user: str | None = None

    def listed(self) -> tuple[str, ...]:
        """Every name, each once, in the order in which they are to be asked."""
        named = [self.model] if self.model else []
        others = (it.model if isinstance(it, Fallback) else it for it in self.fallbacks or ())
        return tuple(dict.fromkeys([*named, *(self.models or ()), *others]))

    def first(self) -> str:
        """The name that comes first; raises `InvalidRequest` if there is none."""
        if not (self.model or self.models):
            raise InvalidRequest("'model' is missing.", param="model")
        return self.listed()[0]


class WireChat(Said, kw_only=True):
    """The parameters that routing reads; the others pass unread."""

    messages: Annotated[list[WireMessage], Meta(min_length=1, max_length=MOST_MESSAGES)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    n: Annotated[int, Meta(ge=1, le=128)] | None = None
    tools: list[Raw] | None = None
    functions: list[Raw] | None = None
    response_format: ResponseFormat | None = None
    reasoning_effort: str | None = None
    modalities: list[str] | None = None
    service_tier: str | None = None
    thinking: Any = None
    """Anthropic's, which OpenAI's API does not have and other servers take."""
    web_search_options: Any = None


class Tool(msgspec.Struct):
    type: str | None = None


whole: Final = msgspec.json.Decoder(dict[str, Raw]).decode
_chat: Final = msgspec.json.Decoder(WireChat).decode
_tool_calls: Final = msgspec.json.Decoder(list[ToolCall] | None).decode
_tool: Final = msgspec.json.Decoder(Tool).decode
_PLACE: Final = re.compile(r" - at `\$\.?(?P<place>[^`]*)`$")
_MISSING: Final = re.compile(r"missing required field `(?P<field>[^`]+)`")
_HALF: Final = re.compile(rb"(?i)\\ud[89ab]..(?!\\ud[c-f])|(?<!\\ud[89ab]..)\\ud[c-f]")
_WORDS: Final = {
    "`": "",
    " | null": "",
    "int": "integer",
    "str": "string",
    "bool": "boolean",
    "float": "number",
}

OWN_TOOLS: Final = frozenset({None, "function", "custom"})
FORMATS: Final[Mapping[str, Capability]] = {
    "json_object": Capability.JSON_MODE,
    "json_schema": Capability.JSON_SCHEMA,
}
PARTS: Final[Mapping[str, Capability]] = {
    "image_url": Capability.VISION,
    "input_audio": Capability.AUDIO,
}


def read_chat(body: bytes) -> tuple[ChatRequest, Said]:
    """A chat request and what else stands in its body; raises `InvalidRequest` naming the place."""
    payload, chat = decoded(body, lambda text: (whole(text), _chat(text)))
    return _request(payload, chat, len(body)), chat


def all_told(tools: Iterable[Raw] | None) -> bool:
    """Whether the tools are all the caller's own; what a provider's tools find is input that nobody sees."""
    return all(map(_is_own, tools or ()))


def _is_own(raw: Raw) -> bool:
    try:
        return _tool(raw).type in OWN_TOOLS
    except msgspec.MsgspecError:
        return False  # the provider will have a word to say about it


def decoded(body: bytes, decode: Callable[[bytes], Decoded]) -> Decoded:
    """What a decoder of msgspec's makes of a body; raises `InvalidRequest` naming the place."""
    try:
        body.decode()
        return decode(body)
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8: byte {error.start} cannot be read.") from None
    except RecursionError:
        raise InvalidRequest("The body is nested too deeply.") from None
    except msgspec.ValidationError as error:
        raise _invalid(str(error)) from None
    except msgspec.DecodeError as error:
        raise InvalidRequest(f"The body is not valid JSON: {error}.{_hint(body)}") from None


def _request(payload: Mapping[str, Any], chat: WireChat, size: int) -> ChatRequest:
    options = chat.stream_options
    limits = {"max_completion_tokens": chat.max_completion_tokens, "max_tokens": chat.max_tokens}
    return ChatRequest(
        payload=payload,
        model=chat.first(),
        messages=tuple(Message(role=m.role, text=_text(m), calls=_calls(m)) for m in chat.messages),
        needs=frozenset(_needs(chat)),
        stream=bool(chat.stream),
        wants_usage=not chat.stream or bool(options and options.include_usage),
        max_output_tokens=chat.max_completion_tokens or chat.max_tokens,
        limits=tuple(name for name, limit in limits.items() if limit is not None),
        thinking_tokens=_thinking_tokens(chat.thinking),
        choices=chat.n or 1,
        attachment_tokens=_attachments(chat),
        service_tier=chat.service_tier,
        size=size,
        hidden=bool(chat.web_search_options) or any(part.type == "file" for part in _parts(chat)),
    )


def _text(message: WireMessage) -> str:
    if isinstance(message.content, str):
        return message.content
    return "\n".join(part.text for part in message.content or () if part.text)


def _calls(message: WireMessage) -> tuple[int, ...]:
    """A digest of each call; none where they are not as they should be, which the provider will say."""
    if message.tool_calls is ABSENT:
        return ()
    try:
        called = _tool_calls(message.tool_calls)
    except msgspec.MsgspecError:
        return ()
    return tuple(hash((one.function.name, one.function.arguments)) for one in called or () if one.function)


def _thinking_tokens(thinking: Any) -> int | None:
    tokens = thinking.get("budget_tokens") if isinstance(thinking, dict) else None
    return tokens if isinstance(tokens, int) else None


def _parts(chat: WireChat) -> Iterable[Part]:
    return (part for m in chat.messages if isinstance(m.content, list) for part in m.content)


def _needs(chat: WireChat) -> Iterable[Capability]:
    if chat.tools or chat.functions:
        yield Capability.TOOLS
    if chat.response_format and chat.response_format.type in FORMATS:
        yield FORMATS[chat.response_format.type]
    if chat.reasoning_effort not in {None, "none"}:
        yield Capability.REASONING
    if chat.modalities and "audio" in chat.modalities:
        yield Capability.AUDIO
    yield from (PARTS[part.type] for part in _parts(chat) if part.type in PARTS)


def _attachments(chat: WireChat) -> int:
    """Rough tokens of all that is not text: the format itself, tools, calls, images, audio."""
    raws = [
        *(chat.tools or ()),
        *(chat.functions or ()),
        *(m.tool_calls for m in chat.messages if m.tool_calls is not ABSENT),
    ]
    definitions = sum(len(bytes(raw)) for raw in raws) // 4
    media = sum(
        PER_IMAGE if part.type == "image_url" else len(bytes(part.input_audio)) // AUDIO_CHARACTERS_PER_TOKEN
        for part in _parts(chat)
        if part.type in PARTS
    )
    return PER_MESSAGE * len(chat.messages) + PER_REPLY + definitions + media


def _hint(body: bytes) -> str:
    return " It has half of a surrogate pair, such as an emoji cut in two." if _HALF.search(body) else ""


def _invalid(complaint: str) -> InvalidRequest:
    """The decoder's complaint in plain words, with the place in it as `param`; never with a value."""
    found, missing = _PLACE.search(complaint), _MISSING.search(complaint)
    inside = found["place"] if found else ""
    place = ".".join(filter(None, (inside, missing["field"] if missing else "")))
    where = f"'{place}'" if place else "The body"
    return InvalidRequest(f"{where} {_reason(complaint)}.", param=place or None)


def _reason(complaint: str) -> str:
    """What is wrong with the value at a place, as the end of a sentence."""
    if "missing required field" in complaint:
        return "is missing"
    if "enum value" in complaint:
        return f"must be one of {', '.join(get_args(Role))}"
    reason = _PLACE.sub("", complaint)
    for word, plain in _WORDS.items():
        reason = reason.replace(word, plain)
    return f"is wrong: {reason[0].lower()}{reason[1:]}"
