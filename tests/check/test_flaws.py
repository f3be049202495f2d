import re
from typing import Any

import pytest

from routergate.check.flaws import CHECKS, flaw
from routergate.domain.answer import Cascade, Flaw, Form, Said

EVERY = Cascade(escalate_when=frozenset(Flaw))
RULES = Cascade(
    escalate_when=frozenset({Flaw.RULE}),
    must_match=(re.compile(r"(?i)source:"), re.compile(r"\d")),
    must_not_match=(re.compile("(?i)as an ai"),),
)
JSON = Form(json=True)
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def found(said: Said, form: Form | None = None, cascade: Cascade = EVERY) -> Flaw | None:
    return flaw([said], form or Form(), cascade)


def test_every_flaw_has_a_check() -> None:
    assert set(CHECKS) == set(Flaw)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ('{"n": 1}', {}, None),
        ("not JSON", {}, Flaw.INVALID_JSON),
        ('{"n": 1', {}, Flaw.INVALID_JSON),
        ("[1]", {}, Flaw.INVALID_JSON),
        ("[" * 100_000, {}, Flaw.INVALID_JSON),
        ('{"n": 1}', {"schema": SCHEMA}, None),
        ('{"n": "1"}', {"schema": SCHEMA}, Flaw.INVALID_JSON),
        ('{"n": 1', {"whole": False}, None),
        ("", {"whole": False}, None),
        ("Sure! Here is", {"whole": False}, Flaw.INVALID_JSON),
    ],
)
def test_json_that_was_asked_for_must_be_json_and_fit(
    text: str, form: dict[str, Any], expected: Flaw | None
) -> None:
    assert found(Said(text=text), Form(json=True, **form)) is expected


def test_a_call_of_a_tool_is_neither_empty_nor_invalid() -> None:
    assert found(Said(text="", acts=True), JSON) is None


@pytest.mark.parametrize(("whole", "expected"), [(True, Flaw.EMPTY), (False, None)])
def test_only_a_whole_answer_can_be_empty(whole: bool, expected: Flaw | None) -> None:
    assert found(Said(text=" \n"), Form(whole=whole)) is expected


def test_a_model_may_decline_in_words_or_beside_them() -> None:
    assert found(Said(text="I'm sorry, but I can't help with that."), JSON) is Flaw.REFUSAL
    assert found(Said(text="", declined=True), JSON) is Flaw.REFUSAL


@pytest.mark.parametrize(("limited", "expected"), [(False, Flaw.TRUNCATED), (True, None)])
def test_an_answer_that_somebody_limited_is_not_truncated(limited: bool, expected: Flaw | None) -> None:
    assert found(Said(text="on and", finish="length"), Form(limited=limited)) is expected


@pytest.mark.parametrize(("logprob", "expected"), [(-0.4, None), (-0.6, Flaw.LOW_CONFIDENCE), (None, None)])
def test_the_mean_probability_of_a_token_is_confidence(logprob: float | None, expected: Flaw | None) -> None:
    assert found(Said(text="maybe", logprob=logprob)) is expected


def test_only_what_the_route_looks_for_is_found() -> None:
    assert found(Said(text=""), cascade=Cascade(escalate_when=frozenset({Flaw.REFUSAL}))) is None


def test_an_answer_is_flawed_if_all_its_choices_are() -> None:
    good, bad = Said(text="yes"), Said(text="")
    assert flaw([bad, good], Form(), EVERY) is None
    assert flaw([bad, bad], Form(), EVERY) is Flaw.EMPTY
    assert flaw([], Form(), EVERY) is None


@pytest.mark.parametrize(
    ("said", "whole", "expected"),
    [
        (Said(text="It was 1912. Source: the log"), True, None),
        (Said(text="It was 1912."), True, Flaw.RULE),
        (Said(text="Source: the log"), True, Flaw.RULE),
        (Said(text="It was"), False, None),
        (Said(text="As an AI"), False, Flaw.RULE),
        (Said(text="As an AI, I say 1912. Source: the log"), True, Flaw.RULE),
        (Said(text="", acts=True), True, None),
        (Said(text="As an AI", declined=True), True, None),
    ],
)
def test_an_answer_has_what_it_must_have_and_not_what_it_must_not(
    said: Said, whole: bool, expected: Flaw | None
) -> None:
    assert found(said, Form(whole=whole), RULES) is expected
