"""Which request runs here: for the lines of the log, and for what points from a metric to a trace."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a trace the request is."""

    trace_id: str
    span_id: str
    sampled: bool
    """Whether anybody will find it there."""


REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the request."""
PLACE: ContextVar[Place | None] = ContextVar("place", default=None)
"""`None`: it is not traced."""


def facts() -> dict[str, str]:
    """What every line that concerns the request says of it."""
    told = {} if (request := REQUEST.get()) is None else {"request_id": request}
    if place := PLACE.get():
        told |= {"trace_id": place.trace_id, "span_id": place.span_id}
    return told
