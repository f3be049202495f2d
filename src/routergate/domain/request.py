"""A request, as the core sees it, and what classification knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from routergate.domain.format import Format
from routergate.domain.model import Capability, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation, reduced to what routing reads."""

    role: str
    text: str


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
    kept: bool = False
    """Whether the provider keeps the answer, for others that follow it."""

    @property
    def most_input_tokens(self) -> int:
        """No fewer than the input has: a token is at least a byte, and media are counted on top."""
        return self.size + self.attachment_tokens


def limited(request: ChatRequest, most: int) -> ChatRequest:
    """The same request, allowed to write `most` tokens (for each choice) and no more."""
    payload = {**request.payload, **dict.fromkeys(request.limits, most)}
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
