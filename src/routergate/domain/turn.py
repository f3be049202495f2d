"""Whose turn it is where requests wait."""

from dataclasses import dataclass
from enum import StrEnum


class Priority(StrEnum):
    """How soon a request wants to be served where others wait, too."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"

    @property
    def rank(self) -> int:
        """The higher, the sooner."""
        return RANKS[self]


RANKS = {priority: rank for rank, priority in enumerate(Priority)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """With what claim a request waits."""

    organisation: str = ""
    """Those of the same priority take turns, whatever the number of their requests."""
    priority: Priority = Priority.NORMAL


def priority_of(wish: Priority | None, key: Priority | None, route: Priority) -> Priority:
    """What a request gets: what it wishes, its key's at most; without a wish, the key's, or the route's."""
    if wish is None:
        return key or route
    return wish if key is None else min(wish, key, key=lambda priority: priority.rank)
