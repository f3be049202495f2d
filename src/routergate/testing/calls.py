"""What the simulator saw."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Ended(StrEnum):
    """How a call ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    """The request was at fault: wrong key, unknown model, malformed body."""
    ABORTED = "aborted"
    """The client left before the end."""
    FAULTED = "faulted"
    """A fault that was asked for kept the answer from coming whole."""
    STOPPED = "stopped"
    """The simulator was shut down in the middle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request for an answer; replaced by a fuller record when it ends."""

    model: str
    """As the request named it, faults included."""
    path: str = ""
    """With the query."""
    streamed: bool = False
    authorization: str | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Names in lower case."""
    body: Mapping[str, Any] = field(default_factory=dict, repr=False)
    status: int | None = None
    """`None` as long as no status line was sent."""
    prompt_tokens: int = 0
    """Billed: nothing until the first byte of an answer is on its way."""
    output_tokens: int = 0
    """Billed: what was written so far, hidden reasoning included."""
    events: int = 0
    """Server-sent events written."""
    ended: Ended | None = None
    """`None` while it is running."""
    hung_up_after: float | None = None
    """Seconds from the request to the client's leaving before the end; `None`: it stayed."""

    @property
    def hung_up(self) -> bool:
        """Whether the client left before the end, even if a fault was keeping it waiting."""
        return self.hung_up_after is not None
