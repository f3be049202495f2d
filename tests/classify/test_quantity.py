import pytest

from routergate.classify.grams import grams
from routergate.classify.quantity import CUES, NAMES, quantities

STORY = "Ann has 12 apples and 3.50 dollars. She buys twice as many for $1,200! How many are left?"


def counted(text: str) -> dict[str, float]:
    found = quantities(text, grams(text))
    return dict(zip(NAMES, (2.718281828**found - 1).round(3).tolist(), strict=True))


def test_numbers_and_sentences_of_a_story_are_counted() -> None:
    found = counted(STORY)
    assert found["numbers"] == 5  # a point or a comma parts a number in two
    assert found["decimals"] == 1
    assert found["longest number"] == 3
    assert found["sentences"] == 3
    assert found["capitals"] == 3


@pytest.mark.parametrize(
    ("kind", "count"),
    [("multiples", 1), ("money", 3), ("amount asked", 2), ("differences", 1), ("people", 1), ("parts", 0)],
)
def test_words_that_join_quantities_are_told_by_their_kind(kind: str, count: int) -> None:
    assert counted(STORY)[f"words of {kind}"] == count


@pytest.mark.parametrize(
    ("text", "numbers", "longest"),
    [("", 0, 0), ("7", 1, 1), ("12 apples", 1, 2), ("apples: 12", 1, 2), ("1 2 3", 3, 1), ("no", 0, 0)],
)
def test_a_number_may_stand_at_either_end(text: str, numbers: int, longest: int) -> None:
    assert (counted(text)["numbers"], counted(text)["longest number"]) == (numbers, longest)


def test_no_word_is_of_two_kinds() -> None:
    words = [word for kind in CUES.values() for word in kind.split()]
    assert len(words) == len(set(words))
