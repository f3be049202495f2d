from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routergate.economics.shares import divided


def test_an_amount_is_divided_by_weight() -> None:
    assert divided(100, [1, 3]) == (25, 75)
    assert divided(100, [Fraction(1, 3), Fraction(2, 3), 0]) == (33, 67, 0)
    assert divided(-100, [1, 1]) == (-50, -50)


def test_where_all_weigh_nothing_parts_are_equal_and_nobody_gets_nothing() -> None:
    assert divided(9, [0, 0, 0]) == (3, 3, 3)
    assert divided(9, []) == ()


def test_nothing_weighs_less_than_nothing() -> None:
    with pytest.raises(ValueError, match="less than nothing: -1"):
        divided(9, [1, -1])


@given(st.integers(-(10**18), 10**18), st.lists(st.integers(0, 10**12), min_size=1, max_size=30))
def test_the_parts_are_the_whole_to_the_last_nano_dollar(amount: int, weights: list[int]) -> None:
    parts = divided(amount, weights)
    whole = sum(weights) or len(weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(amount * (weight if sum(weights) else 1), whole)) <= 1
