"""The outcome files, line by line."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from routergate.domain.request import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One prompt, and how well models answered it."""

    line: int
    id: str
    source: str
    messages: tuple[Message, ...]
    task: str | None
    quality: Mapping[str, float]
    out_chars: Mapping[str, int]
    contaminated: bool


def read(paths: Sequence[Path]) -> tuple[Outcome, ...]:
    """All outcomes of some files."""
    return tuple(
        Outcome(
            line=number,
            id=row["id"],
            source=row["source"],
            messages=(Message(role="user", text=row["prompt"]),),
            task=row.get("task"),
            quality=row["quality"],
            out_chars=row.get("out_chars", {}),
            contaminated=row.get("contaminated", False),
        )
        for path in paths
        for number, row in enumerate(map(json.loads, gzip.open(path, "rt")), start=1)
    )
