"""Outcome files: how well models answered known prompts. JSON lines, gzipped or not."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from routergate.domain.errors import DataUnusable
from routergate.domain.request import Message

SHOWN = 10
"""Mistakes that are listed one by one; the others are counted."""
GZIP = b"\x1f\x8b"

Read = TypeVar("Read")
Label = TypeVar("Label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """One prompt, and how well each model answered it: 0 (not at all) to 1."""

    line: int
    """Where it stands in its file, from 1."""
    id: str
    source: str
    messages: tuple[Message, ...]
    task: str | None = None
    quality: Mapping[str, float]
    """By model; a model that was not asked is missing."""
    out_chars: Mapping[str, int] = field(default_factory=dict)
    """How long each model's answer was, where that is known."""
    contaminated: bool = False
    """Whether a model may have seen the prompt when it was trained."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Prompts whose answers need not be judged yet, and the models that they are about."""

    models: tuple[str, ...]
    asked: tuple[Outcome, ...]


def read(paths: Sequence[Path]) -> tuple[Outcome, ...]:
    """Every outcome in the files; raises `DataUnusable`, which names the lines that are wrong."""
    outcomes = rows(paths, _judged)
    models = {model for outcome in outcomes for model in outcome.quality}
    if len(models) == 1:
        raise DataUnusable(
            f"{_names(paths)}: all outcomes are of one model, {models.pop()}; routing needs two or more"
        )
    return tuple(outcomes)


def read_questions(path: Path) -> Questions:
    """The prompts of a file whose labels may be null; raises `DataUnusable` as `read` does."""
    found = rows([path], _asked)
    models = {model: None for named, _ in found for model in named}
    if not models:
        raise DataUnusable(f"{path}: names no model; each line needs 'quality', with labels or nulls")
    return Questions(models=tuple(models), asked=tuple(outcome for _, outcome in found))


def oddities(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """What is odd but usable: how many prompts are there again, with the same labels or with others."""
    seen: dict[tuple[tuple[str, str], ...], dict[str, float]] = {}
    counts: Counter[str] = Counter()
    for outcome in outcomes:
        known = seen.setdefault(tuple((m.role, m.text) for m in outcome.messages), {})
        if common := known.keys() & outcome.quality.keys():
            same = all(known[model] == outcome.quality[model] for model in common)
            counts["with the same labels" if same else "with labels that contradict the first ones"] += 1
        known.update((model, label) for model, label in outcome.quality.items() if model not in known)
    return tuple(f"{count:,} prompts are there again, {how}" for how, count in sorted(counts.items()))


def rows(paths: Sequence[Path], understand: Callable[[int, Mapping[str, Any], Path], Read]) -> list[Read]:
    """What `understand` makes of each line, a JSON object; the `ValueError`s it raises are told together."""
    found: list[Read] = []
    problems: list[str] = []
    for path in paths:
        for number, raw in _lines(path):
            try:
                found.append(understand(number, _object(raw), path))
            except ValueError as problem:
                problems.append(f"{path}:{number}: {problem}")
    if problems:
        rest = [f"and {len(problems) - SHOWN:,} more lines"] if len(problems) > SHOWN else []
        raise DataUnusable("\n".join([*problems[:SHOWN], *rest]))
    if not found:
        raise DataUnusable(f"{_names(paths)}: no outcomes; each line is to be one JSON object")
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that hold anything, numbered from 1."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == GZIP
            file.seek(0)
            lines = gzip.GzipFile(fileobj=file) if packed else file
            yield from ((number, raw) for number, raw in enumerate(lines, 1) if raw.strip())
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "damaged gzip data"
        raise DataUnusable(f"{path}: cannot be read: {reason}") from None


def _names(paths: Sequence[Path]) -> str:
    return ", ".join(map(str, paths))


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError):  # its own message may quote the prompt
        raise ValueError("not JSON in UTF-8") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - a mistake in the file, as the others
    return found


def _judged(line: int, row: Mapping[str, Any], path: Path) -> Outcome:
    quality = _labels(row, "quality", _share)
    if not quality:
        raise ValueError("'quality' is empty")
    return _outcome(line, row, path, quality)


def _asked(line: int, row: Mapping[str, Any], path: Path) -> tuple[tuple[str, ...], Outcome]:
    """The models that a line names, and the line with the labels that it has."""
    named = _labels(row, "quality", lambda _, label: label) if "quality" in row else {}
    known = {model: label for model, label in named.items() if label is not None}
    return tuple(named), _outcome(line, row, path, _labels({"quality": known}, "quality", _share))


def _outcome(line: int, row: Mapping[str, Any], path: Path, quality: Mapping[str, float]) -> Outcome:
    return Outcome(
        line=line,
        id=_text(row, "id"),
        source=_text(row, "source") if "source" in row else path.name.partition(".")[0],
        messages=_messages(row),
        task=_text(row, "task") if row.get("task") is not None else None,
        quality=quality,
        out_chars=_labels(row, "out_chars", _count) if row.get("out_chars") else {},
        contaminated=bool(row.get("contaminated")),
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if isinstance(value, str):
        return value
    raise ValueError(f"'{name}' is not text" if name in row else f"'{name}' is missing")


def _messages(row: Mapping[str, Any]) -> tuple[Message, ...]:
    if "messages" not in row:
        if "prompt" not in row:
            raise ValueError("'prompt' or 'messages' is missing")
        return (Message(role="user", text=_text(row, "prompt")),)
    turns = row["messages"]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, dict) for turn in turns):
        raise ValueError("'messages' is not a list of objects with 'role' and 'content'")
    return tuple(Message(role=_text(turn, "role"), text=_content(turn)) for turn in turns)


def _content(turn: Mapping[str, Any]) -> str:
    """The text of a turn, which may be in parts and among pictures."""
    content = turn.get("content")
    if isinstance(content, list):
        return "\n".join(_text(part, "text") for part in content if isinstance(part, dict) and "text" in part)
    return "" if content is None else _text(turn, "content")


def _labels(row: Mapping[str, Any], name: str, check: Callable[[str, Any], Label]) -> Mapping[str, Label]:
    found = row.get(name)
    if found is None:
        raise ValueError(f"'{name}' is missing")
    if not isinstance(found, dict):
        raise ValueError(f"'{name}' is not an object of models")  # noqa: TRY004 - a mistake in the file
    return {model: check(f"'{name}' of {model}", value) for model, value in found.items()}


def _share(place: str, value: Any) -> float:
    if isinstance(value, int | float) and 0 <= value <= 1:
        return float(value)
    raise ValueError(f"{place} is not a number from 0 to 1")


def _count(place: str, value: Any) -> int:
    if isinstance(value, int | float) and 0 <= value < 1e12:
        return round(value)
    raise ValueError(f"{place} is not a count of characters")
