import numpy as np
import pytest

from routergate.evaluation.sheet import USUAL_OUTPUT, sheet
from support.builders import DAY, a_card
from support.quizzes import LARGE, MINI, Guess, an_outcome

CARDS = {"mini": MINI, "large": LARGE}


def test_a_sheet_has_a_row_for_each_prompt_and_a_column_for_each_model() -> None:
    outcomes = (
        an_outcome("law 1 0.25", {"mini": 1, "large": 0.5}, task="law"),
        an_outcome("law 2 0.75", {"other": 0}, line=2),
    )
    found = sheet(outcomes, Guess(), CARDS, DAY)
    assert found.models == ("mini", "large", "other")
    np.testing.assert_array_equal(found.labels, [[1, 0.5, np.nan], [np.nan, np.nan, 0]])
    np.testing.assert_array_equal(found.estimates, [[0.25, 0.9, 0.9], [0.75, 0.9, 0.9]])
    assert (found.tasks, found.lengths.tolist()) == (("law", "none"), [10, 10])


def test_the_same_question_in_another_form_is_in_the_same_group() -> None:
    outcomes = [an_outcome(text, {"mini": 1}) for text in ("law 1 0.5", "Law 1  0.5", "law 2 0.5")]
    assert sheet(outcomes, Guess(), {}, DAY).groups.tolist() == [0, 0, 1]


def test_a_prompt_costs_what_was_written_or_else_what_the_model_usually_writes() -> None:
    prompt = "x" * 390 + " law 1 0.5"
    known = an_outcome(prompt, {"mini": 1, "large": 1}, out_chars={"mini": 800})
    unknown = an_outcome(prompt, {"mini": 1, "large": 1})
    costs = sheet([known, unknown], Guess(), CARDS, DAY).costs
    per_token = {"mini": 1_000, "large": 10_000}
    assert costs[:, 0].tolist() == [(100 + 200) * per_token["mini"]] * 2
    assert costs[:, 1].tolist() == [(100 + USUAL_OUTPUT) * per_token["large"]] * 2


def test_a_model_without_a_known_price_has_no_cost() -> None:
    cards = {"mini": a_card("mini", prices=())}
    costs = sheet([an_outcome("law 1 0.5", {"mini": 1, "large": 1})], Guess(), cards, DAY).costs
    assert np.isnan(costs).all()


def test_some_rows_are_a_sheet_too() -> None:
    whole = sheet([an_outcome(f"law {n} 0.{n}", {"mini": n / 10}) for n in range(1, 5)], Guess(), CARDS, DAY)
    some = whole.rows(np.array([3, 1]))
    assert some.labels[:, 0] == pytest.approx([0.4, 0.2])
    assert some.groups.tolist() == [whole.groups[3], whole.groups[1]]
