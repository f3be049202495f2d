"""Two groups that chance made: how far apart they are, and how sure that is."""

from dataclasses import dataclass
from math import ceil, isclose, sqrt
from statistics import NormalDist

NOISE = 1e-12
"""What is smaller than this beside what it was made from is left over from adding up floats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was measured of one group, in sums that any engine can make.

    A unit is what chance put there as a whole: a session, or a request that is in none. Requests of one
    session are alike, so it is units that count as witnesses.
    """

    units: int
    requests: int
    total: float
    """Of what was measured, over all requests."""
    squares: float
    """Sum of each unit's total, squared."""
    products: float
    """Sum of each unit's total times its requests."""
    sizes: float
    """Sum of each unit's requests, squared."""

    @property
    def mean(self) -> float | None:
        """Per request; `None` without any."""
        return self.total / self.requests if self.requests else None

    @property
    def error(self) -> float | None:
        """Standard error of the mean; `None` with fewer than two units."""
        mean = self.mean
        if mean is None or self.units < 2:
            return None
        spread = self.squares - 2 * mean * self.products + mean**2 * self.sizes
        known = spread if spread > NOISE * self.squares else 0.0
        return sqrt(known * self.units / (self.units - 1)) / self.requests


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How much more one group has than the other, and the range that it is in with the stated confidence."""

    mean: float
    low: float
    high: float

    @property
    def told(self) -> bool:
        """Whether there is surely one."""
        return self.low > 0 or self.high < 0


def difference(one: Sample, other: Sample, confidence: float = 0.95) -> Difference | None:
    """`one` less `other`, by Welch's t-test; `None` where either has too few units to have a spread."""
    if one.mean is None or other.mean is None or one.error is None or other.error is None:
        return None
    variances = one.error**2, other.error**2
    both = sum(variances)
    mean = 0.0 if isclose(one.mean, other.mean, rel_tol=NOISE) else one.mean - other.mean
    if not both:
        return Difference(mean=mean, low=mean, high=mean)
    freedom = both**2 / (variances[0] ** 2 / (one.units - 1) + variances[1] ** 2 / (other.units - 1))
    half = student((1 + confidence) / 2, freedom) * sqrt(both)
    return Difference(mean=mean, low=mean - half, high=mean + half)


def missing(found: Difference, units: int) -> int | None:
    """How many more units it takes until a difference of this size is told; `None`: no number would do.

    `units` are those of both groups; both grow alike.
    """
    if found.told:
        return 0
    half = (found.high - found.low) / 2
    return ceil(units * ((half / found.mean) ** 2 - 1)) if found.mean else None


def interval(values: list[float], confidence: float = 0.95) -> tuple[float, float] | None:
    """The range of the mean of equal periods, such as days; `None` for fewer than two."""
    alike = Sample(
        units=len(values),
        requests=len(values),
        total=sum(values),
        squares=sum(value**2 for value in values),
        products=sum(values),
        sizes=len(values),
    )
    if alike.mean is None or alike.error is None:
        return None
    half = student((1 + confidence) / 2, len(values) - 1) * alike.error
    return alike.mean - half, alike.mean + half


def student(probability: float, freedom: float) -> float:
    """Quantile of Student's t; within 1 % from three degrees of freedom on, and exact for one and two."""
    z = NormalDist().inv_cdf(probability)
    if freedom < 3:
        return _few(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / freedom**power for power, term in enumerate(terms, 1))


def _few(probability: float) -> float:
    """With two degrees of freedom, by formula; with one nobody should conclude anything from it."""
    share = 2 * probability - 1
    return share * sqrt(2 / (1 - share**2))
