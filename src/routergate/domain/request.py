"""A request, as the core sees it, and what classification knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from routergate.domain.format import Format
from routergate.domain.model import Capability, TaskId

MEDIA = 64
"""How many times the rough count of a picture or of sound may be too small."""
PREAMBLE = 1_000
"""Tokens of what a provider itself may say before a request with tools."""
LEAST_THINKING = 1_024
"""Tokens: Anthropic takes no smaller budget for thoughts, and none that is not below the limit."""
_MEDIA = frozenset({Capability.VISION, Capability.AUDIO})


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation, reduced to what routing reads."""

    role: str
    text: str
    calls: tuple[int, ...] = ()
    """A digest of each call of a tool that it makes, with the call's arguments."""
    failed: bool = False
    """Whether it is a tool's answer that is marked as an error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """An answer that a caller asks a model for, in whatever format.

    `payload` is the caller's body, parameter by parameter, and opaque here: what we have never heard of
    still reaches the provider.
    """

    payload: Mapping[str, Any]
    model: str
    """A route's name or a model's."""
    format: Format = Format.CHAT
    messages: tuple[Message, ...]
    needs: frozenset[Capability] = frozenset()
    stream: bool = False
    wants_usage: bool = True
    """Whether usage belongs in the answer; only a stream can do without."""
    max_output_tokens: int | None = None
    limits: tuple[str, ...] = ()
    """The parameters that bear `max_output_tokens`; none: it is the adapter that names it."""
    thinking_tokens: int | None = None
    """How many of the output tokens may be thoughts, where the parameter `thinking` says so."""
    choices: int = 1
    attachment_tokens: int = 0
    """Rough tokens of images, audio and tool definitions, which are not in `messages`."""
    service_tier: str | None = None
    """How soon an answer is wanted, in the provider's words; it may decide otherwise."""
    size: int = 0
    """Bytes of the caller's body."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Those of the caller's that belong to the format and go along to the provider."""

    follows: str | None = None
    """The id of the answer that this one goes on from; the provider that has it must give it."""
    hidden: bool = False
    """Whether there may be more to its input than the body shows: what the provider keeps, fetches, finds or
    unpacks."""
    kept: bool = False
    """Whether the provider keeps the answer, for others that follow it."""
    prefill: str = ""
    """The beginning of the answer, from which the model is to go on."""

    @property
    def most_input_tokens(self) -> int | None:
        """No fewer than the input has, `None` if the body does not show it: a token is at least a byte."""
        if self.hidden:
            return None
        attached = self.attachment_tokens * (MEDIA if self.needs & _MEDIA else 1)
        return self.size + attached + (PREAMBLE if Capability.TOOLS in self.needs else 0)


def limited(request: ChatRequest, most: int) -> ChatRequest:
    """The same request, allowed to write `most` tokens (for each choice) and no more, thoughts included."""
    payload = {**request.payload, **dict.fromkeys(request.limits, most)}
    thoughts = request.thinking_tokens
    if thoughts is not None and thoughts >= most:
        del payload["thinking"]
        if most // 2 >= LEAST_THINKING:
            payload["thinking"] = {"type": "enabled", "budget_tokens": most // 2}
    return replace(request, payload=payload, max_output_tokens=most)


class Level(StrEnum):
    """Complexity in four words."""

    SIMPLE = "simple"
    MEDIUM = "medium"
    HARD = "hard"
    FRONTIER = "frontier"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an estimator reads from a text. Never the text itself."""

    task: TaskId
    domain: str
    language: str
    """Two letters, or `und` where it cannot be told."""
    complexity: float
    """0 (anything can answer it) to 1 (nothing surely can)."""
    level: Level
    trouble: tuple[str, ...] = ()
    """What has gone wrong in the conversation of late, in plain words that quote nothing."""
    latent: tuple[float, ...] = ()
    """What the estimator needs to tell how models would do: numbers with no way back to the text."""
    estimator: str = ""
    """Which way of reading those numbers come from; empty: nobody is to keep them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What classification knows of a request. Never the text itself."""

    reading: Reading
    needs: frozenset[Capability]
    format: Format = Format.CHAT
    input_tokens: int
    max_output_tokens: int | None = None
    choices: int = 1
    service_tier: str | None = None
    """As asked for."""
    conversation: str = ""
    """A name that all requests of one conversation share, in hexadecimal digits; empty: it is of none."""
