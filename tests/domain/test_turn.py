import pytest

from routergate.domain.turn import Priority, priority_of

LOW, NORMAL, HIGH = Priority.LOW, Priority.NORMAL, Priority.HIGH


def test_priorities_rise() -> None:
    assert LOW.rank < NORMAL.rank < HIGH.rank


@pytest.mark.parametrize(
    ("wish", "key", "route", "expected"),
    [
        (None, None, NORMAL, NORMAL),
        (None, None, LOW, LOW),
        (None, HIGH, LOW, HIGH),
        (HIGH, None, LOW, HIGH),
        (HIGH, NORMAL, HIGH, NORMAL),
        (LOW, NORMAL, HIGH, LOW),
    ],
)
def test_a_wish_is_granted_as_far_as_the_key_goes(
    wish: Priority | None, key: Priority | None, route: Priority, expected: Priority
) -> None:
    assert priority_of(wish, key, route) is expected
