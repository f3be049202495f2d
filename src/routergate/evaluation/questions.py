"""Questions for a comparison of two models. JSON lines, gzipped or not."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from routergate.domain.errors import DataUnusable
from routergate.evaluation.checks import Check, check_of
from routergate.evaluation.outcomes import rows

FIELDS = frozenset({"id", "task", "prompt", "messages", "parameters", "check"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to ask both models."""

    id: str
    task: str | None
    """`None`: what the router reads of it."""
    body: Mapping[str, Any]
    """The request, without a model."""
    check: Check | None
    """`None`: only a judge can say."""
    digest: str
    """Stands for all of it."""

    @property
    def asked(self) -> str:
        """The conversation as a judge is shown it."""
        turns = self.body["messages"]
        return "\n\n".join(f"[{turn.get('role', 'user')}]\n{_text(turn.get('content'))}" for turn in turns)


def questions(paths: Sequence[Path]) -> tuple[Question, ...]:
    """Every question of the files; raises `DataUnusable`, which names the lines that are wrong."""
    found = rows(paths, _question)
    seen: set[str] = set()
    for one in found:
        if one.id in seen:
            raise DataUnusable(f"two questions are called '{one.id}': each needs an id of its own")
        seen.add(one.id)
    return tuple(found)


def _question(line: int, row: Mapping[str, Any], _: Path) -> Question:
    if unknown := row.keys() - FIELDS:
        raise ValueError(f"takes {', '.join(sorted(FIELDS))}, not {', '.join(sorted(unknown))}")
    task, check = row.get("task"), row.get("check")
    if task is not None and not isinstance(task, str):
        raise ValueError("'task' is not text")
    if check is not None and not isinstance(check, dict):
        raise ValueError("'check' is not an object")
    return Question(
        id=str(row.get("id", line)),
        task=task,
        body={**_parameters(row), "messages": _messages(row)},
        check=None if check is None else check_of(check),
        digest=sha256(json.dumps(row, sort_keys=True).encode()).hexdigest(),
    )


def _parameters(row: Mapping[str, Any]) -> Mapping[str, Any]:
    found = row.get("parameters", {})
    if not isinstance(found, dict):
        raise ValueError("'parameters' is not an object")  # noqa: TRY004 - a mistake in the file
    if taken := found.keys() & {"model", "messages", "stream", "n"}:
        raise ValueError(f"'parameters' cannot set {', '.join(sorted(taken))}")
    return found


def _messages(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    if "messages" not in row:
        if not isinstance(row.get("prompt"), str):
            raise ValueError("'prompt' (a text) or 'messages' is missing")
        return [{"role": "user", "content": row["prompt"]}]
    turns = row["messages"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise ValueError("'messages' is not a list of objects with 'role' and 'content'")
    return turns


def _text(content: Any) -> str:
    """Of pictures and the like a judge is told that they were there."""
    if isinstance(content, list):
        return "\n".join(str(part.get("text", f"({part.get('type')})")) for part in content)
    return str(content or "")
