import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from routergate.domain.errors import DataUnusable
from routergate.domain.request import Message
from routergate.evaluation.outcomes import oddities, read, read_questions


def a_row(**changes: Any) -> dict[str, Any]:
    row = {
        "id": "q/1",
        "source": "quiz",
        "prompt": "What is 2 + 2?",
        "task": "math",
        "quality": {"a": 1, "b": 0},
    }
    return {name: value for name, value in {**row, **changes}.items() if value is not ...}


def written(path: Path, *rows: Any) -> Path:
    text = "\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def the_problem_with(path: Path) -> str:
    with pytest.raises(DataUnusable) as caught:
        read([path])
    return str(caught.value)


@pytest.mark.parametrize("name", ["quiz.jsonl", "quiz.jsonl.gz"])
def test_a_line_is_an_outcome(tmp_path: Path, name: str) -> None:
    [outcome] = read([written(tmp_path / name, a_row(out_chars={"a": 12}, contaminated=True))])
    assert (outcome.line, outcome.id, outcome.source, outcome.task) == (1, "q/1", "quiz", "math")
    assert outcome.messages == (Message(role="user", text="What is 2 + 2?"),)
    assert (outcome.quality, outcome.out_chars) == ({"a": 1.0, "b": 0.0}, {"a": 12})
    assert outcome.contaminated


def test_a_conversation_may_stand_in_place_of_a_prompt(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": "data:"}}]
    turns = [
        {"role": "system", "content": "Be brief."},
        {"role": "assistant"},
        {"role": "user", "content": parts},
    ]
    [outcome] = read([written(tmp_path / "quiz.jsonl", a_row(prompt=..., messages=turns))])
    assert [(m.role, m.text) for m in outcome.messages] == [
        ("system", "Be brief."),
        ("assistant", ""),
        ("user", "What is this?"),
    ]


def test_several_files_are_read_as_one_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    first = written(tmp_path / "first.jsonl", a_row(source=...), "", a_row(task=None))
    second = written(tmp_path / "second.jsonl.gz", a_row(source=...))
    outcomes = read([first, second])
    assert [(o.source, o.line) for o in outcomes] == [("first", 1), ("quiz", 3), ("second", 1)]
    assert outcomes[1].task is None


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("{", "not JSON in UTF-8"),
        ("[" * 100_000, "not JSON in UTF-8"),
        ("[]", "not a JSON object"),
        (a_row(id=...), "'id' is missing"),
        (a_row(id=7), "'id' is not text"),
        (a_row(prompt=...), "'prompt' or 'messages' is missing"),
        (a_row(prompt=["no"]), "'prompt' is not text"),
        (a_row(messages=[]), "'messages' is not a list of objects with 'role' and 'content'"),
        (a_row(messages=["hi"]), "'messages' is not a list of objects with 'role' and 'content'"),
        (a_row(messages=[{"content": "hi"}]), "'role' is missing"),
        (a_row(quality=...), "'quality' is missing"),
        (a_row(quality=[1, 0]), "'quality' is not an object of models"),
        (a_row(quality={}), "'quality' is empty"),
        (a_row(quality={"a": 1.5}), "'quality' of a is not a number from 0 to 1"),
        (a_row(quality={"a": None}), "'quality' of a is not a number from 0 to 1"),
        (a_row(quality={"a": float("nan")}), "'quality' of a is not a number from 0 to 1"),
        (a_row(out_chars={"a": -1}), "'out_chars' of a is not a count of characters"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_line(tmp_path: Path, row: Any, problem: str) -> None:
    path = written(tmp_path / "quiz.jsonl", a_row(), row, a_row())
    assert the_problem_with(path) == f"{path}:2: {problem}"


def test_the_first_ten_mistakes_are_listed_and_the_others_counted(tmp_path: Path) -> None:
    lines = the_problem_with(written(tmp_path / "quiz.jsonl", *["{"] * 1_012)).splitlines()
    assert len(lines) == 11
    assert lines[9].endswith("quiz.jsonl:10: not JSON in UTF-8")
    assert lines[10] == "and 1,002 more lines"


def test_outcomes_of_one_model_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "quiz.jsonl", a_row(quality={"a": 1}), a_row(quality={"a": 0}))
    assert "all outcomes are of one model, a; routing needs two or more" in the_problem_with(path)


def test_lines_of_one_model_each_are_fine_if_there_are_two_models(tmp_path: Path) -> None:
    path = written(tmp_path / "quiz.jsonl", a_row(quality={"a": 1}), a_row(quality={"b": 0}))
    assert len(read([path])) == 2


def test_a_file_without_outcomes_is_refused(tmp_path: Path) -> None:
    assert "no outcomes" in the_problem_with(written(tmp_path / "quiz.jsonl"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert the_problem_with(tmp_path / "none").endswith("none: cannot be read: No such file or directory")


@pytest.mark.parametrize(
    "spoil", [lambda b: b[:-12], lambda b: b[:20] + b"\x00" * 20 + b[40:], lambda b: b[:2]]
)
def test_a_damaged_archive_is_named(tmp_path: Path, spoil: Any) -> None:
    path = written(tmp_path / "quiz.jsonl.gz", *[a_row()] * 9)
    path.write_bytes(spoil(path.read_bytes()))
    assert "quiz.jsonl.gz: cannot be read: damaged gzip data" in the_problem_with(path)


def test_no_mistake_is_told_with_the_words_of_a_prompt(tmp_path: Path) -> None:
    path = written(tmp_path / "quiz.jsonl", '{"prompt": "my secret', a_row(prompt={"x": "my secret"}))
    assert "secret" not in the_problem_with(path)


def test_prompts_that_are_there_again_are_counted(tmp_path: Path) -> None:
    rows = (
        a_row(),
        a_row(),
        a_row(quality={"a": 0, "c": 1}),
        a_row(prompt="Another?"),
        a_row(quality={"d": 1}),
    )
    assert oddities(read([written(tmp_path / "quiz.jsonl", *rows)])) == (
        "1 prompts are there again, with labels that contradict the first ones",
        "1 prompts are there again, with the same labels",
    )


def test_questions_may_do_without_labels_but_not_without_models(tmp_path: Path) -> None:
    path = written(tmp_path / "quiz.jsonl", a_row(quality={"a": None, "b": 1}), a_row(quality=...))
    questions = read_questions(path)
    assert questions.models == ("a", "b")
    assert [outcome.quality for outcome in questions.asked] == [{"b": 1.0}, {}]
    with pytest.raises(DataUnusable, match="names no model"):
        read_questions(written(tmp_path / "none.jsonl", a_row(quality=...)))
