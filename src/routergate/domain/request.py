"""A request, as the core sees it, and what classification knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from routergate.domain.model import Capability, TaskId


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One turn of a conversation, reduced to what routing reads."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A chat completion that a caller asks for.

    `payload` is the caller's body, parameter by parameter, and opaque here: what we have never heard of
    still reaches the provider.
    """

    payload: Mapping[str, Any]
    model: str
    """A route's name or a model's."""
    messages: tuple[Message, ...]
    needs: frozenset[Capability] = frozenset()
    stream: bool = False
    wants_usage: bool = True
    """Whether usage belongs in the answer; only a stream can do without."""
    max_output_tokens: int | None = None
    choices: int = 1
    attachment_tokens: int = 0
    """Rough tokens of images, audio and tool definitions, which are not in `messages`."""
    service_tier: str | None = None
    """How soon an answer is wanted, in the provider's words; it may decide otherwise."""

    def limited(self, output_tokens: int) -> "ChatRequest":
        """The same, with an output limit in place of its own, if it has one."""
        said = "max_tokens" if "max_tokens" in self.payload else "max_completion_tokens"
        payload = {**self.payload, said: output_tokens}
        return replace(self, payload=payload, max_output_tokens=output_tokens)


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
    latent: tuple[float, ...] = ()
    """What the estimator needs to tell how models would do: numbers with no way back to the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Features:
    """What classification knows of a request. Never the text itself."""

    reading: Reading
    needs: frozenset[Capability]
    input_tokens: int
    max_output_tokens: int | None = None
    choices: int = 1
    service_tier: str | None = None
    """As asked for."""
