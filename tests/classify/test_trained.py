import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.classify.excerpt import HEAD, TAIL
from routergate.classify.features import features
from routergate.classify.prior import ON_ITS_TASK, prior
from routergate.classify.trained import TrainedEstimator
from routergate.domain.decision import Catalogue, TaskCard
from routergate.domain.model import Capability, Category, ModelClass, TaskId
from routergate.domain.request import ChatRequest, Level, Message, Reading
from routergate.testing import PROMPTS
from support.builders import a_card, a_reading, a_request, some_features

ESTIMATOR = TrainedEstimator.builtin()
LAW = TaskCard(
    id=TaskId("law"),
    features=frozenset({"contracts"}),
    examples=("Review this confidentiality agreement for unusual clauses", "too short"),
)


def read(text: str | ChatRequest, *tasks: TaskCard, feature: str | None = None) -> Reading:
    request = text if isinstance(text, ChatRequest) else a_request(text)
    catalogue = Catalogue(tasks={task.id: task for task in tasks})
    return ESTIMATOR.read(request, catalogue, feature)


@pytest.mark.parametrize(
    "text",
    [
        "hi",
        "Hello!",
        "Thanks, bye",
        "Bonjour",
        "¿Qué hora es?",
        "What is the capital of France?",
        "How do I reset my password?",
        "これは何ですか",
        "Привет, как дела?",
        "안녕하세요",
        "",
    ],
)
def test_greetings_and_small_questions_are_simple(text: str) -> None:
    assert read(text).level is Level.SIMPLE


@pytest.mark.parametrize(
    "text",
    [
        "Derive the asymptotic complexity of the algorithm and prove a lower bound for the lemma.",
        "Give a rigorous proof of the theorem, and a counterexample where the integral diverges.",
        "Design a distributed consistency protocol and analyze its deadlock behaviour step by step.",
    ],
)
def test_proofs_and_designs_are_not_simple(text: str) -> None:
    assert read(text).level is not Level.SIMPLE


@pytest.mark.parametrize(
    "text",
    [
        "Prove that the square root of 2 is irrational.",
        "Beweise, dass es unendlich viele Primzahlen gibt.",
        "Démontrez que la racine de 2 est irrationnelle.",
        "Demuestra que hay infinitos números primos.",
    ],
)
def test_even_a_short_proof_is_not_simple_in_any_language(text: str) -> None:
    assert read(text).level is not Level.SIMPLE


def test_hard_prompts_are_harder_than_easy_ones() -> None:
    hard = [read(prompt.text).complexity for prompt in PROMPTS if prompt.hard]
    easy = [read(prompt.text).complexity for prompt in PROMPTS if not prompt.hard]
    assert sum(hard) / len(hard) > 1.2 * sum(easy) / len(easy)


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Fix this bug in my python function", "code"),
        ("```\nx\n```", "code"),
        ("Solve the equation 2x = 4", "math"),
        ("Translate 'good morning'", "translation"),
        ("Übersetze das bitte", "translation"),
        ("Summarize this in two sentences", "summarisation"),
        ("Extract all names as json", "extraction"),
        ("Classify the sentiment: great phone", "classification"),
        ("Write a poem about the sea", "creative"),
        ("Why is the sky blue?", "reasoning"),
        ("Nice to meet you", "chat"),
    ],
)
def test_the_task_is_told_by_its_words(text: str, task: str) -> None:
    assert read(text).task == task


def test_a_few_words_with_tools_are_a_task_for_tools() -> None:
    assert read(a_request("Ship it", needs=frozenset({Capability.TOOLS}))).task == "tools"
    chatty = " ".join(f"word{number}" for number in range(12))
    assert read(a_request(chatty, needs=frozenset({Capability.TOOLS}))).task == "chat"


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("a clause on liability in a contract", "legal"),
        ("the patient has a symptom", "medical"),
        ("where is my refund for this order", "support"),
        ("lovely weather", "general"),
    ],
)
def test_the_domain_is_told_by_its_words(text: str, domain: str) -> None:
    assert read(text).domain == domain


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("What is the capital of France?", "en"),
        ("Was ist die Hauptstadt von Frankreich?", "de"),
        ("Quelle est la capitale de la France ?", "fr"),
        ("¿Cuál es la capital de los franceses y por qué?", "es"),
        ("Qual è la capitale della Francia e che fiume", "it"),
        ("Wat is de hoofdstad van het land en hoe groot", "nl"),
        ("首都是哪里", "zh"),
        ("首都はどこですか", "ja"),
        ("수도는 어디입니까", "ko"),
        ("Какая столица Франции", "ru"),
        ("ما هي عاصمة فرنسا", "ar"),
        ("מהי בירת צרפת", "he"),
        ("फ्रांस की राजधानी क्या है", "hi"),
        ("Ποια είναι η πρωτεύουσα", "el"),
        ("เมืองหลวงคืออะไร", "th"),
        ("the angle α of the triangle", "en"),
        ("", "und"),
        ("12345", "und"),
    ],
)
def test_the_language_is_told_by_script_or_common_words(text: str, language: str) -> None:
    assert read(text).language == language


def test_a_declared_task_is_known_by_its_feature() -> None:
    assert read("hello", LAW, feature="contracts").task == "law"
    assert read("hello", LAW, feature="other").task == "chat"


def test_a_declared_task_is_known_by_likeness_to_an_example() -> None:
    assert read("Please review the confidentiality agreement for unusual clauses today", LAW).task == "law"
    assert read("Please review the weather", LAW).task == "chat"


def test_an_example_of_two_words_says_too_little() -> None:
    assert read("this is too short", LAW).task == "chat"


def test_the_last_question_of_the_user_is_what_counts() -> None:
    last = "I am looking for a present for my sister, who likes gardening and long walks. " * 2
    turns = [("system", "Prove it"), ("user", "Write a poem"), ("assistant", "Prove python"), ("user", last)]
    messages = tuple(Message(role=role, text=text) for role, text in turns)
    assert read(a_request(messages=messages)) == read(last)


def test_without_a_user_the_last_message_counts() -> None:
    assert read(a_request(messages=(Message(role="system", text="Write a poem"),))).task == "creative"
    assert read(a_request(messages=())).task == "chat"


def test_a_short_follow_up_leans_on_the_question_before_it() -> None:
    asked = Message(
        role="user", text="Solve the equation x^3 - 7x + 6 = 0 and prove that there is no other root."
    )
    turns = (asked, Message(role="assistant", text="Done."), Message(role="user", text="And why?"))
    assert read(a_request(messages=turns)).task == "math"


@pytest.mark.parametrize("middle", ["prove " * 400_000, "\x00\xff" * 1_000_000, "数" * 700_000, "\n1 ```$"])
def test_only_the_head_and_the_tail_of_a_long_text_are_read(middle: str) -> None:
    head, tail = "h " * (HEAD // 2), "t " * (TAIL // 2)
    assert read(head + middle + tail) == read(head + " " + tail)


@given(st.text(), st.integers(1, 20))
def test_any_text_has_a_complexity_between_nothing_and_one(text: str, turns: int) -> None:
    messages = (Message(role="assistant", text="hm"),) * (turns - 1) + (Message(role="user", text=text),)
    reading = read(a_request(messages=messages), LAW)
    assert 0 <= reading.complexity <= 1
    assert reading.level is ESTIMATOR.level(reading.complexity)


def test_every_character_there_is_can_be_read() -> None:
    for start in range(0, sys.maxunicode, HEAD):
        assert (
            0 <= read("".join(map(chr, range(start, min(start + HEAD, sys.maxunicode + 1))))).complexity <= 1
        )


def test_levels_are_bands_of_complexity() -> None:
    medium, hard, frontier = ESTIMATOR.artifact.levels
    assert 0 < medium < hard < frontier < 1
    words = [ESTIMATOR.level(complexity) for complexity in (0.0, medium, hard, frontier, 1.0)]
    assert words == [Level.SIMPLE, Level.MEDIUM, Level.HARD, Level.FRONTIER, Level.FRONTIER]


@pytest.mark.parametrize(
    ("changes", "task", "mean"),
    [
        ({"quality": {"default": 0.7, "law": 0.99}}, "law", 0.99),
        ({"quality": {"default": 0.7, "law": 0.99}}, "chat", 0.7),
        ({"quality": {"law": 0.99}}, "chat", 0.85),
        ({"serves": frozenset({TaskId("law")})}, "law", ON_ITS_TASK),
        ({"category": Category.REASONING}, "chat", 0.96),
        ({"category": Category.FINE_TUNED}, "chat", 0.82),
        ({"model_class": ModelClass.FRONTIER}, "chat", 0.95),
        ({"model_class": ModelClass.SELF_HOSTED}, "chat", 0.80),
    ],
)
def test_what_is_believed_of_a_model_beforehand(changes: dict[str, Any], task: str, mean: float) -> None:
    assert prior(replace(a_card(quality=None), **changes), TaskId(task))[0] == mean


def quality(prior: float, complexity: float) -> float:
    asked = some_features(reading=a_reading(complexity=complexity))
    [estimate] = ESTIMATOR.quality(asked, [a_card(quality=prior)])
    return estimate.mean


unit = st.floats(0, 1)


@given(unit, unit, unit)
def test_a_harder_request_is_never_answered_better(prior: float, one: float, other: float) -> None:
    easy, hard = sorted((one, other))
    assert 0 < quality(prior, hard) <= quality(prior, easy) < 1


@given(unit, unit, unit)
def test_a_better_model_never_answers_worse(complexity: float, one: float, other: float) -> None:
    worse, better = sorted((one, other))
    assert quality(worse, complexity) <= quality(better, complexity)


def test_there_is_an_estimate_for_each_model_in_its_order() -> None:
    cards = [a_card("a", quality=0.5), a_card("b", quality=0.9), a_card("c", quality=0.7)]
    means = [estimate.mean for estimate in ESTIMATOR.quality(some_features(), cards)]
    assert sorted(means) == [means[0], means[2], means[1]]
    assert ESTIMATOR.quality(some_features(), []) == []


def test_features_have_no_word_of_the_text() -> None:
    request = a_request("a secret", attachment_tokens=7, max_output_tokens=9, choices=2)
    found = features(request, a_reading(), 3)
    assert (found.input_tokens, found.max_output_tokens, found.choices) == (10, 9, 2)
    assert "secret" not in repr(found)


def test_a_specialist_keeps_its_quality_where_others_find_its_task_hard() -> None:
    hard = some_features(reading=a_reading(task=TaskId("law"), complexity=0.9))
    specialist = a_card("law-7b", quality=None, serves=frozenset({TaskId("law")}))
    found = ESTIMATOR.quality(hard, [specialist, a_card("any", quality=ON_ITS_TASK)])
    assert found[0].mean == pytest.approx(ON_ITS_TASK)
    assert found[1].mean < found[0].mean


def test_a_model_with_outcomes_is_known_by_its_name() -> None:
    asked = some_features(reading=read("Prove that there are infinitely many primes."))
    cards = [a_card(name, upstream=name, quality=None) for name in ("o1-mini", "Llama-2-7b-hf")]
    strong, weak = ESTIMATOR.quality(asked, cards)
    assert strong.mean > weak.mean + 0.2


def test_what_the_operator_declares_of_a_known_model_counts() -> None:
    asked = some_features(reading=read("Tell me about your day."))
    [low] = ESTIMATOR.quality(asked, [a_card("gpt-4o", upstream="gpt-4o", quality=0.3)])
    [high] = ESTIMATOR.quality(asked, [a_card("gpt-4o", upstream="gpt-4o", quality=0.99)])
    assert low.mean < high.mean


def test_a_model_that_nobody_has_heard_of_counts_as_average_with_a_wide_error() -> None:
    messages = (Message(role="user", text="What is the largest planet?"),)
    known, unknown = ESTIMATOR.score(messages, ["gpt-4-1106-preview", "nobody-1b"])
    assert 0 < unknown.mean < 1
    assert unknown.stderr > known.stderr


def test_a_reading_says_whose_it_is_only_where_it_may_be_kept() -> None:
    request = ChatRequest(
        payload={}, model="auto", messages=(Message(role="user", text="Why is the sky blue?"),)
    )
    for remembers in (False, True):
        estimator = TrainedEstimator.builtin(remembers=remembers)
        reading = estimator.read(request, Catalogue(), None)
        assert reading.estimator == (estimator.artifact.reading if remembers else "")
