"""Operators' own tasks: on topic, off topic, and none of them."""

import pytest

from routergate.classify.artifact import builtin
from routergate.classify.grams import grams
from routergate.classify.latent import latent
from routergate.classify.own import alike, examples, tagged
from routergate.domain.decision import TaskCard
from routergate.domain.model import TaskId

ARTIFACT = builtin()
CONTRACTS = TaskCard(
    id=TaskId("contract-review"),
    features=frozenset({"contracts"}),
    examples=(
        "Review this NDA for one-sided obligations.",
        "Which clauses of this supply agreement limit liability?",
        "Summarise the termination and indemnity clauses of the attached contract.",
        "Is the confidentiality period in this agreement unusual?",
    ),
)
SUPPORT = TaskCard(
    id=TaskId("refunds"),
    examples=(
        "The customer wants a refund for order 1234, what do we owe them?",
        "Has the order been shipped, and can it still be cancelled?",
    ),
)
CARDS = (CONTRACTS, SUPPORT)


def told(text: str, *cards: TaskCard) -> str | None:
    found = grams(text)
    return alike(ARTIFACT, cards or CARDS, found, latent(ARTIFACT, text, found))


def test_a_tag_stands_for_its_task() -> None:
    assert tagged(CARDS, "contracts") == "contract-review"
    assert tagged(CARDS, "other") is None
    assert tagged(CARDS, None) is None


@pytest.mark.parametrize(
    ("text", "task"),
    [
        ("Review the attached NDA and list one-sided obligations for the supplier.", "contract-review"),
        ("Which clauses of the lease agreement limit the landlord's liability?", "contract-review"),
        ("Please review this agreement: which indemnity clauses are unusual?", "contract-review"),
        ("Summarise the termination clauses of this service contract.", "contract-review"),
        ("A customer asks for a refund for order 98765; do we owe them the shipping too?", "refunds"),
        ("Can order 555 still be cancelled or has it been shipped?", "refunds"),
    ],
)
def test_what_is_on_topic_is_known_by_its_likeness(text: str, task: str) -> None:
    assert told(text) == task


@pytest.mark.parametrize(
    "text",
    [
        "What is the capital of France?",
        "Write a poem about the sea.",
        "Solve the equation 2x + 3 = 11.",
        "Fix this bug in my Python function, it limits the list to ten entries.",
        "Which of these planets has the most moons?",
        "Summarise this article on photosynthesis in three sentences.",
        "Is the sky in this picture unusual?",
        "How do I reset my password?",
        "Was ziehe ich zu einer Hochzeit im November an?",
        "Please review the weather for the weekend.",
        "",
        "hi",
        "\x00\x01\x02 \ufffd",
    ],
)
def test_what_is_off_topic_is_none_of_them(text: str) -> None:
    assert told(text) is None


def test_examples_of_two_words_say_nothing() -> None:
    card = TaskCard(id=TaskId("short"), examples=("too short",))
    assert examples(ARTIFACT, (card,)).tasks == ()
    assert told("this is too short", card) is None


def test_an_example_itself_is_its_task() -> None:
    assert [told(example) for example in CONTRACTS.examples] == ["contract-review"] * 4
