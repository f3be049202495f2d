from math import isclose
from statistics import NormalDist, mean, stdev

import pytest

from routergate.economics.compare import Difference, Sample, difference, interval, missing, student


def sample(*units: tuple[float, int]) -> Sample:
    """A group of units, each with its total and its requests."""
    return Sample(
        units=len(units),
        requests=sum(size for _, size in units),
        total=sum(total for total, _ in units),
        squares=sum(total**2 for total, _ in units),
        products=sum(total * size for total, size in units),
        sizes=sum(size**2 for _, size in units),
    )


def singles(*values: float) -> Sample:
    return sample(*((value, 1) for value in values))


def test_requests_by_themselves_have_the_textbook_error() -> None:
    values = (1.0, 2.0, 4.0, 9.0)

    assert singles(*values).mean == mean(values)
    assert singles(*values).error == pytest.approx(stdev(values) / 2)


def test_requests_of_one_session_are_one_witness() -> None:
    """Ten equal requests in each of two sessions tell no more than the two sessions."""
    together, apart = sample((10.0, 10), (20.0, 10)), singles(*[1.0] * 10, *[2.0] * 10)

    assert together.mean == apart.mean == 1.5
    assert together.error is not None
    assert apart.error is not None
    assert together.error > 3 * apart.error
    assert together.error == pytest.approx(stdev((1.0, 2.0)) / 2**0.5)


@pytest.mark.parametrize(
    ("probability", "freedom", "exact"),
    [(0.975, 2, 4.3027), (0.975, 3, 3.1824), (0.975, 5, 2.5706), (0.975, 30, 2.0423), (0.95, 10, 1.8125)],
)
def test_quantiles_are_those_of_the_tables(probability: float, freedom: float, exact: float) -> None:
    assert student(probability, freedom) == pytest.approx(exact, rel=0.01)
    assert isclose(student(probability, 1e9), NormalDist().inv_cdf(probability), rel_tol=1e-6)


def test_groups_that_are_far_apart_are_told_apart() -> None:
    found = difference(singles(10, 11, 12, 13), singles(1, 2, 3, 4))

    assert found is not None
    assert (found.mean, found.told) == (9, True)
    # Welch with equal spreads: 9 ± t(0.975, 6) × sqrt(2 × 5/3 ÷ 4) = 9 ± 2.447 × 0.9129
    assert [found.low, found.high] == pytest.approx([6.766, 11.234], abs=0.01)
    assert missing(found, 8) == 0


def test_too_few_say_nothing_and_how_many_are_missing_is_told() -> None:
    close = difference(singles(1, 5, 3, 7), singles(2, 4, 3, 6))

    assert close is not None
    assert not close.told
    # The half-width must shrink to the difference: its square falls with the number of units.
    half = (close.high - close.low) / 2
    assert missing(close, 8) == -(-8 * ((half / close.mean) ** 2 - 1) // 1)
    assert difference(singles(1), singles(1, 2)) is None
    assert difference(singles(1, 2), singles()) is None


def test_no_number_tells_groups_apart_that_do_not_differ() -> None:
    assert missing(Difference(mean=0.0, low=-1.0, high=1.0), 100) is None


def test_what_never_varies_has_no_range() -> None:
    assert difference(singles(2, 2), singles(1, 1)) == Difference(mean=1.0, low=1.0, high=1.0)


def test_what_adding_up_leaves_over_is_no_difference() -> None:
    found = difference(singles(*[0.1] * 3000), singles(*[0.1] * 7))

    assert found == Difference(mean=0.0, low=0.0, high=0.0)


def test_the_mean_of_days_has_a_range() -> None:
    found = interval([10.0, 12.0, 14.0])

    assert found is not None
    assert list(found) == pytest.approx([12 - 4.3027 * 2 / 3**0.5, 12 + 4.3027 * 2 / 3**0.5], rel=1e-4)
    assert interval([10.0]) is None
    assert interval([]) is None
