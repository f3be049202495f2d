import re
from typing import Any

import pytest

from routergate.evaluation.checks import check_of

PERSON = {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ({"equals": "Berlin"}, " berlin.\n", "Bern"),
        ({"equals": ["yes", "of course"]}, "Of  course", "no"),
        ({"matches": r"\bterminat(e|ion)\b"}, "the termination of", "terminator"),
        ({"number": 1234.5}, "In all, after 3 steps: $1,234.50", "1234.5 and then 7"),
        ({"number": -2}, "x = −2", "x = 2"),
        ({"number": 3.14, "within": 0.01}, "about 3.1416", "about 3.2"),
        ({"number": 1}, "1", "none at all"),
        ({"schema": PERSON}, '{"name": "Ada"}', '{"name": 1}'),
        ({"schema": PERSON}, '```json\n{"name": "Ada"}\n```', "Ada"),
        ({"schema": PERSON, "matches": "Ada"}, '{"name": "Ada"}', '{"name": "Bob"}'),
    ],
)
def test_an_answer_is_right_or_it_is_not(check: dict[str, Any], right: str, wrong: str) -> None:
    passes = check_of(check)
    assert passes(right)
    assert not passes(wrong)


@pytest.mark.parametrize(
    ("check", "told"),
    [
        ({}, "'check' is empty"),
        ({"within": 1}, "'check' is empty"),
        ({"equal": "a"}, "takes any of equals, matches, number, schema, not equal"),
        ({"equals": 3}, "'equals' is a text"),
        ({"equals": []}, "'equals' is a text"),
        ({"matches": "("}, "'matches' is not a regular expression"),
        ({"matches": 3}, "'matches' is not a regular expression"),
        ({"number": "3"}, "'number' and 'within' are numbers"),
        ({"number": 3, "within": True}, "'number' and 'within' are numbers"),
        ({"schema": "{}"}, "'schema' is a JSON schema"),
    ],
)
def test_a_check_that_nobody_understands_is_refused(check: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        check_of(check)
