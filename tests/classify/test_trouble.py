"""What counts as a conversation going wrong, and what does not."""

import pytest

from routergate.classify.trained import TrainedEstimator
from routergate.classify.trouble import LONG, RECENT, trouble
from routergate.domain.decision import Catalogue
from routergate.domain.request import ChatRequest, Features, Message
from support.builders import a_card

FAILED, REPEATED = "a tool has failed", "a call is repeated"
AGAIN, COMPLAINT = "the user asks again", "the user is not content"


def user(text: str) -> Message:
    return Message(role="user", text=text)


def said(text: str = "Here you are.", *calls: int) -> Message:
    return Message(role="assistant", text=text, calls=calls)


def result(text: str, *, failed: bool = False) -> Message:
    return Message(role="tool", text=text, failed=failed)


def test_a_conversation_that_begins_or_goes_well_has_no_signs() -> None:
    assert trouble(()) == ()
    assert trouble([user("that's wrong")]) == ()
    assert (
        trouble([user("Add 2 and 3"), said("", 1), result("5"), said("5"), user("Thanks! Now 4 and 5")]) == ()
    )


@pytest.mark.parametrize(
    "text",
    [
        "Error: no such file",
        "make: *** exited with code 2",
        "Traceback (most recent call last):\n  File …",
        "ValueError: not a number",
        '{"error": {"message": "denied"}}',
        '{"status": "error"}',
        '{"isError": true, "content": []}',
        '[{"outcome": "failed"}]',
    ],
)
def test_a_tool_that_says_it_failed_has_failed(text: str) -> None:
    assert trouble([user("go on"), said("", 1), result(text)]) == (FAILED,)


@pytest.mark.parametrize(
    "text",
    [
        "0 errors, 12 passed",
        "The word error comes in line 3",
        '{"error": null, "rows": 3}',
        '{"errors": [], "status": "ok"}',
        "The last report was about an exception: it was mended",
        "",
    ],
)
def test_a_tool_that_only_speaks_of_errors_has_not_failed(text: str) -> None:
    assert trouble([user("go on"), said("", 1), result(text)]) == ()


def test_a_tool_that_has_recovered_is_no_sign_but_two_failures_are() -> None:
    first, then = result("x", failed=True), result("done")
    assert trouble([user("go on"), said("", 1), first, said("", 2), then]) == ()
    assert trouble([user("go on"), first, first, then]) == ("tools fail again and again",)
    assert trouble([user("go on"), first, first]) == (FAILED, "tools fail again and again")


def test_the_same_call_again_is_a_sign_and_another_is_not() -> None:
    assert trouble([user("go on"), said("", 1), result("a"), said("", 2), result("b")]) == ()
    assert trouble([user("go on"), said("", 1), result("a"), said("", 1), result("a")]) == (REPEATED,)


@pytest.mark.parametrize(
    "text",
    [
        "No, that’s wrong.",
        "This is not what I asked for",
        "it still doesn't compile",
        "That did not work, try again please",
        "Das stimmt nicht, es sind 12.",
        "Das funktioniert immer noch nicht",
        "Ce n'est pas ce que je voulais",
        "ça ne marche pas",
        "Eso está mal",
        "Questo non funziona",
        "Isso não é o que eu pedi",
        "Dat klopt niet",
        "это не работает",
        "不对，再试一次",
        "間違っています",
    ],
)
def test_a_complaint_is_understood_in_many_languages(text: str) -> None:
    assert trouble([user("What is 3 times 4?"), said("13"), user(text)]) == (COMPLAINT,)


@pytest.mark.parametrize(
    "text",
    [
        "Great, that works. What about 5?",
        "Which of these statements is not correct: A or B?",
        "Explain to me what a wrong-way risk is",
        "Schreibe noch einen Absatz über das Wetter",
        "Now translate it: " + "that is wrong " * 40,
    ],
)
def test_a_question_is_no_complaint(text: str) -> None:
    assert trouble([user("What is 3 times 4?"), said("12"), user(text)]) == ()


def test_the_same_question_again_is_a_sign() -> None:
    assert trouble([user("What is  3 times 4?"), said("13"), user("What is 3 times 4?")]) == (AGAIN,)


def test_what_went_wrong_long_ago_is_forgotten() -> None:
    past = [user("go on"), result("x", failed=True), result("x", failed=True)]
    since = [one for turn in range(RECENT // 2) for one in (said(), user(f"and what is next to {turn}?"))]
    assert trouble([*past, *since[:2]]) != ()
    assert trouble([*past, *since]) == ()


def test_trouble_makes_a_request_harder_for_every_model_and_is_explained() -> None:
    estimator = TrainedEstimator.builtin()
    cards = [a_card("gpt-4o-mini"), a_card("nobody-knows-it")]

    def asked(*messages: Message) -> tuple[Features, list[float]]:
        request = ChatRequest(payload={}, model="auto", messages=messages)
        reading = estimator.read(request, Catalogue(), None)
        features = Features(reading=reading, needs=frozenset(), input_tokens=10)
        return features, [one.mean for one in estimator.quality(features, cards)]

    question = user("Why does the second loop of this parser never end, and how can it be mended for good?")
    well, before = asked(question, said("", 1), result("looked at it", failed=False))
    ill, after = asked(question, said("", 1), result("looked at it", failed=True))
    assert (well.reading.trouble, ill.reading.trouble) == ((), (FAILED,))
    assert all(later < sooner for later, sooner in zip(after, before, strict=True))
    assert ill.reading.complexity > well.reading.complexity
    assert all(estimator.moved(ill, one)["conversation"] == -0.5 for one in cards)
    assert all("conversation" not in estimator.moved(well, one) for one in cards)


def test_a_long_question_is_asked_again_only_if_it_is_the_same_to_the_letter() -> None:
    asked = "Which of these lines is too long?  " * LONG
    assert trouble([user(asked), said(), user(asked)]) == (AGAIN,)
    assert trouble([user(asked), said(), user(asked.replace("  ", " "))]) == ()
