"""Comparisons that do not err."""

import re

import pytest

from routergate.check.grades import matching, same_number, same_words, structured


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("It is 42.", "42", 1.0),
        ("3 times 14 is 42", "so 42.0", 1.0),
        ("1,000", "1000", 1.0),
        ("41", "42", 0.0),
        ("no idea", "42", 0.0),
        ("42", "no idea", None),
        ("0", "0.0", 1.0),
    ],
)
def test_the_last_number_is_the_answer(text: str, other: str, same: float | None) -> None:
    assert same_number(text, other) == same


def test_spaces_and_capitals_make_no_difference() -> None:
    assert same_words("Yes,  indeed\n", "yes, indeed") == 1.0
    assert same_words("yes", "no") == 0.0


def test_structured_answers_have_the_structure_that_was_asked_for() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    assert [structured(schema)(text) for text in ('{"a": 1}', '{"a": "x"}', "{")] == [1.0, 0.0, 0.0]
    assert [structured(None)(text) for text in ("{}", "[]")] == [1.0, 0.0]


def test_a_pattern_may_be_anywhere() -> None:
    grade = matching(re.compile("no: \\d+"))
    assert [grade(text) for text in ("Invoice no: 7.", "no number")] == [1.0, 0.0]
