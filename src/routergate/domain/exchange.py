"""A request and its answer, texts and all: in memory only, unless its route keeps some of them."""

from dataclasses import dataclass

from routergate.domain.decision import Decision
from routergate.domain.identity import Attribution
from routergate.domain.model import ModelId
from routergate.domain.request import ChatRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """Who asked what, who answers, and why."""

    request: ChatRequest
    attribution: Attribution
    decision: Decision
    model: ModelId
    at: int
    """Nanoseconds since the epoch."""
    unkept: bool = False
    """Whether the caller asked that the answer is not kept."""
