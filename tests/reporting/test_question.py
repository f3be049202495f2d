from datetime import date

import pytest

from routergate.reporting.question import Condition, Dimension, Question, conditions, dimensions


def test_dimensions_are_written_with_commas() -> None:
    assert dimensions(" feature, model,") == (Dimension.FEATURE, Dimension.MODEL)
    assert dimensions("") == ()


def test_an_unknown_dimension_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="'colour' is no dimension; there are day, month, organisation"):
        dimensions("colour")


def test_a_condition_without_a_value_is_that_there_is_none() -> None:
    assert conditions(["feature=a=b", "team="]) == (
        Condition(Dimension.FEATURE, "a=b"),
        Condition(Dimension.TEAM, None),
    )


def test_what_is_no_condition_is_refused_with_how_to_write_one() -> None:
    with pytest.raises(ValueError, match="'search' is no condition; write it as in feature=search"):
        conditions(["search"])


def test_both_ends_of_a_period_are_in_it() -> None:
    assert Question(since=date(2026, 1, 1), until=date(2026, 1, 31)).days == 31
