"""Texts as they are captured."""

from typing import Any

from routergate.capture.record import Record


def a_record(asked: str = "Why is the sky blue?", answer: str = "It scatters.", **changes: Any) -> Record:
    """One question and its answer."""
    values: dict[str, Any] = {
        "id": "req_1",
        "at": 1_000,
        "organisation": "acme",
        "customer": None,
        "feature": None,
        "session": None,
        "route": "auto",
        "task": "chat",
        "level": "simple",
        "complexity": 0.2,
        "threshold": 0.9,
        "rule": "the cheapest that is good enough",
        "model": "small",
        "candidates": [{"model": "small", "quality": 0.9, "cost": 12}],
        "tools": False,
        "turns": (("user", asked),),
        "answers": [answer],
    }
    return Record(**{**values, **changes})
