"""What judges are asked, and what counts as their word."""

import pytest

from routergate.domain.quality import Verdict
from routergate.quality.verdict import FIRST, SECOND, asked, better


def test_the_judge_sees_the_request_both_answers_and_the_rubric() -> None:
    words = asked(rubric="Short.", request="[user] Why?", one="Because.", two="Hm {x}.", mark="77")
    for part in ("Short.", "<request 77>\n[user] Why?", "<answer-1 77>\nBecause.", "<answer-2 77>\nHm {x}."):
        assert part in words


@pytest.mark.parametrize(
    ("reply", "found"),
    [
        ('{"better": 1}', 1),
        (' {"better": 0}\n', 0),
        ('```json\n{"better": 2}\n```', 2),
        ('{"better": 3}', None),
        ('{"better": true}', None),
        ('{"better": 1, "why": "it is"}', None),
        ("1", None),
        ("Answer 1 is better.", None),
        ("", None),
        ("[" * 5000, None),
    ],
)
def test_only_a_verdict_and_nothing_else_is_one(reply: str, found: int | None) -> None:
    assert better(reply) == found


def test_what_it_says_of_an_answer_depends_on_where_that_stood() -> None:
    assert (FIRST[1], SECOND[1]) == (Verdict.BETTER, Verdict.WORSE)
    assert FIRST[0] is SECOND[0] is Verdict.SAME
