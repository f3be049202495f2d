"""What an estimate is explained by."""

import pytest

from routergate.classify.trained import TrainedEstimator
from routergate.domain.decision import Catalogue
from routergate.domain.model import ModelCard, TaskId
from routergate.domain.request import Features
from support.builders import a_card, a_reading, a_request, some_features

ESTIMATOR = TrainedEstimator.builtin()
KNOWN = a_card("gpt-4o-mini", upstream="gpt-4o-mini", quality=None)
STORY = "Ann has 12 apples. She buys twice as many each day for 3 days. How many apples does she have left?"


def features_of(text: str) -> Features:
    return some_features(reading=ESTIMATOR.read(a_request(text), Catalogue(), None))


def moved(text: str, card: ModelCard = KNOWN) -> dict[str, float]:
    return dict(ESTIMATOR.moved(features_of(text), card))


def test_what_moves_a_known_model_is_its_task_its_wording_and_its_quantities() -> None:
    assert set(moved(STORY)) == {"wording and form", "quantities", "task"}


def test_quantities_count_in_a_word_problem_only() -> None:
    assert abs(moved(STORY)["quantities"]) > 0.01
    assert moved("Who painted the ceiling of the Sistine Chapel in 1512?")["quantities"] == pytest.approx(
        0, abs=0.01
    )


def test_what_moves_an_unknown_model_is_how_hard_the_request_is() -> None:
    hard, easy = (
        moved(text, a_card("nobody-1b")) for text in ("Prove that there are infinitely many primes.", "hi")
    )
    assert hard["difficulty"] < easy["difficulty"]


def test_nothing_moves_a_specialist_on_its_task() -> None:
    asked = some_features(reading=a_reading(task=TaskId("law")))
    assert ESTIMATOR.moved(asked, a_card("law-7b", serves=frozenset({TaskId("law")}))) == {}
