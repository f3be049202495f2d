"""What a metric is."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """Prometheus' metric types, as far as they are used."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class Across(StrEnum):
    """How a gauge's values of several workers become one."""

    MIN = "min"
    MAX = "max"
    SUM = "sum"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric family."""

    name: str
    kind: Kind = Kind.COUNTER
    labels: tuple[str, ...] = ()
    unit: str
    help: str
    """One sentence, as it stands in the exposition."""
    across: Across | None = None
    """For gauges only."""
    buckets: tuple[float, ...] = ()
    """Upper bounds, rising, without the last, infinite one. For histograms only."""
    attributed: bool = False
    """Whether the opt-in labels (organisation, team, key, customer, feature) are added."""

    def __post_init__(self) -> None:
        if (self.kind is Kind.COUNTER) != self.name.endswith("_total"):
            raise ValueError(f"{self.name}: counters, and only counters, end in _total")
        if (self.kind is Kind.GAUGE) != (self.across is not None):
            raise ValueError(f"{self.name}: gauges, and only gauges, say how workers add up")
        if (self.kind is Kind.HISTOGRAM) != bool(self.buckets) or list(self.buckets) != sorted(
            set(self.buckets)
        ):
            raise ValueError(f"{self.name}: histograms, and only histograms, have buckets that rise")

    @property
    def family(self) -> str:
        """The name without the `_total` of counters."""
        return self.name.removesuffix("_total")
