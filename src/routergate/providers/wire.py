"""How a provider is asked in one wire format, and what is read of its answers on their way through."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

from routergate.domain.usage import Usage


class Seen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What one event of a stream says, or a whole answer."""

    begun: bool = True
    """Whether it is part of what was asked for, and not only its envelope."""
    moved: bool = True
    """Whether the answer gets anywhere with it; a sign of life alone is not enough."""
    choices: Collection[int] = ()
    """The answers of which it is a part, where there may be several."""
    finished: Collection[int] = ()
    """The answers that are complete with it."""
    done: bool = False
    """Whether nothing comes after it."""
    failed: bool = False
    """Whether it is an error, or no answer at all."""
    usage: Usage | None = None
    usage_only: bool = False
    opening: Usage | None = None
    """What has been counted before anything was written."""
    text: str = ""
    service_tier: str | None = None
    answer_id: str | None = None
    """Under which the provider may keep it."""


ONLY: Final = (0,)
"""The one answer, in formats that have no others."""

Read: TypeAlias = Callable[[bytes], Seen]
"""Raises `msgspec.MsgspecError` for what is not of the format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One wire format, as a provider speaks it."""

    path: str
    """Below the provider's base URL."""
    reader: Callable[[], Read]
    """A new one for each answer."""
    end: bytes
    """The event that ends a stream, for a provider that forgets it."""
