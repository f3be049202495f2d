"""Examples as those who train want them, line by line."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Final

from routergate.capture.dataset import Example
from routergate.capture.record import Record

Row = Mapping[str, Any]
SHORTEST: Final = 20
"""Signs of an answer from which on a later step that has it is taken to build on it."""


def sft(examples: Sequence[Example]) -> Iterator[Row]:
    """For supervised fine-tuning: OpenAI's chat format, which Hugging Face's libraries read as well."""
    for one in examples:
        yield {"messages": [*_messages(one.record), _assistant(one.answer)]}


def evaluation(examples: Sequence[Example]) -> Iterator[Row]:
    """For `routergate models evaluate --judge`: questions without their answers."""
    for one in examples:
        yield {"id": one.record.id, "task": one.record.task, "messages": _messages(one.record)}


def pairs(examples: Sequence[Example], gap: float) -> Iterator[tuple[Example, Example]]:
    """Better and worse answers to the same question, whose ratings lie at least so far apart."""
    by_question = defaultdict[str, list[Example]](list)
    for one in examples:
        if one.rating is not None:
            by_question[one.asked].append(one)
    for found in by_question.values():
        ordered = sorted(found, key=lambda one: -(one.rating or 0))
        for better, worse in combinations(ordered, 2):
            if (better.rating or 0) - (worse.rating or 0) >= gap and better.answer != worse.answer:
                yield better, worse


def openai_pair(better: Example, worse: Example) -> Row:
    """As OpenAI's preference fine-tuning has it."""
    return {
        "input": {"messages": _messages(better.record)},
        "preferred_output": [_assistant(better.answer)],
        "non_preferred_output": [_assistant(worse.answer)],
    }


def hugging_face_pair(better: Example, worse: Example) -> Row:
    """As TRL has it."""
    return {
        "prompt": _messages(better.record),
        "chosen": [_assistant(better.answer)],
        "rejected": [_assistant(worse.answer)],
        "score_chosen": better.rating,
        "score_rejected": worse.rating,
    }


def decisions(examples: Sequence[Example]) -> Iterator[Row]:
    """What was decided on what, and how good it turned out to be."""
    for one in examples:
        it = one.record
        yield {
            "id": it.id,
            "route": it.route,
            "task": it.task,
            "complexity": it.complexity,
            "threshold": it.threshold,
            "rule": it.rule,
            "candidates": list(it.candidates),
            "model": it.model,
            "rating": one.rating,
        }


def traces(examples: Sequence[Example]) -> Iterator[Row]:
    """Sessions step by step, and which builds on which: its question has the other's answer in it."""
    sessions = defaultdict[tuple[str, str], list[Example]](list)
    for one in examples:
        if one.record.session:
            sessions[one.record.organisation, one.record.session].append(one)
    for (_, session), found in sessions.items():
        if len(found) > 1:
            ordered = sorted(found, key=lambda one: one.record.at)
            yield {"session": session, "steps": [_step(one, ordered[:at]) for at, one in enumerate(ordered)]}


def _step(one: Example, before: Sequence[Example]) -> Row:
    builds_on = [it.record.id for it in before if len(it.answer) >= SHORTEST and it.answer in one.asked]
    return {
        "id": one.record.id,
        "task": one.record.task,
        "model": one.record.model,
        "messages": [*_messages(one.record), _assistant(one.answer)],
        "rating": one.rating,
        "builds_on": builds_on,
    }


def _messages(record: Record) -> list[dict[str, str]]:
    return [{"role": role, "content": text} for role, text in record.turns]


def _assistant(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


SINGLE: Final[Mapping[str, Callable[[Sequence[Example]], Iterator[Row]]]] = {
    "sft": sft,
    "distill": sft,
    "eval": evaluation,
    "decisions": decisions,
    "traces": traces,
}
PAIRED: Final[Mapping[str, Callable[[Example, Example], Row]]] = {
    "openai": openai_pair,
    "huggingface": hugging_face_pair,
}
