"""Rows that stand for no request: money, or word of an answer, that comes to the books later."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from routergate.domain.usage import KINDS
from routergate.ledger.record import EventRow

_NO_REQUEST: Mapping[str, Any] = MappingProxyType(
    {
        "requests": 0,
        **dict.fromkeys(("team", "customer", "feature", "session")),
        **dict.fromkeys(("quality", "model", "provider", "model_class")),
        "tags": (),
        "task": "",
        "level": "",
        "complexity": 0.0,
        "threshold": 0.0,
        "streamed": False,
        "outcome": "ok",
        "attempts": (),
        **dict.fromkeys(KINDS),
        "usage_source": "provider",
        "cost_nanos": 0,
        "baseline": None,
        "baseline_cost_nanos": None,
        "total_seconds": 0.0,
        "first_token_seconds": None,
        "overhead_seconds": 0.0,
        "decision_seconds": 0.0,
    }
)


def without_request(**columns: Any) -> EventRow:
    """A row of a `kind` of its own; what is not given is nothing, and its kind stands for route and key."""
    return EventRow(**{**_NO_REQUEST, "route": columns["kind"], "key": columns["kind"], **columns})
