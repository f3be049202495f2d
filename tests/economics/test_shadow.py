import pytest

from routergate.domain.money import Nanos
from routergate.economics.shadow import pressure, shadow_price


@pytest.mark.parametrize(
    ("level", "patience", "expected"),
    [(0.0, 0.0, 0.0), (0.0, 0.5, 0.0), (0.25, 0.5, 0.5), (0.5, 0.5, 1.0), (1.0, 0.0, 1.0), (0.1, 0.0, 1.0)],
)
def test_pressure_rises_with_the_queue_to_all_of_it_at_a_conversations_patience(
    level: float, patience: float, expected: float
) -> None:
    assert pressure(level, patience) == expected


def test_a_place_in_a_queue_costs_its_part_of_what_the_next_model_does() -> None:
    assert shadow_price(0.25, Nanos(2_000_000)) == 500_000
    assert shadow_price(1.0, Nanos(2_000_000)) == 2_000_000
    assert shadow_price(0.0, Nanos(2_000_000)) == 0
