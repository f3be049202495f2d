"""What a day's requests add up to, cell by cell."""

from dataclasses import dataclass, fields
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """Sums over requests: counts, tokens by bucket, and nano-dollars where an amount is known.

    What is not known is counted beside the sums, so that no sum is taken for complete when it is not.
    """

    requests: int = 0
    failed: int = 0
    """Of the requests: nobody answered, the answer broke off, or a provider refused the request."""
    abandoned: int = 0
    """Of the requests: the caller left before the end."""
    input_uncached: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    output: int = 0
    reasoning: int = 0
    audio_input: int = 0
    audio_output: int = 0
    cost_nanos: int = 0
    baseline_nanos: int = 0
    savings_nanos: int = 0
    """Baseline less cost, over those requests of which both are known."""
    unpriced: int = 0
    """Requests that used a model at a cost nobody knows."""
    unbaselined: int = 0
    """Requests that used a model, of which nobody knows what the baseline would have cost."""
    incomparable: int = 0
    """Requests that used a model, of which the savings cannot be known: one of the two or both."""
    estimated: int = 0
    """Requests whose tokens the gateway counted itself."""
    answer_millis: int = 0
    """Milliseconds in which models answered, one request after another."""
    timed: int = 0
    """Requests of which that is known; in totals from before it was counted, none."""
    hosting_nanos: int = 0
    depreciation_nanos: int = 0
    maintenance_nanos: int = 0
    loaded_nanos: int = 0
    """Cost with the share of fixed costs, where both are known."""
    loaded: int = 0
    """Requests whose `loaded_nanos` is known."""

    def __add__(self, other: "Measures") -> "Measures":
        return Measures(**{name: getattr(self, name) + getattr(other, name) for name in MEASURES})


MEASURES: tuple[str, ...] = tuple(field.name for field in fields(Measures))
"""The names of the measures, as they stand in the store and in exports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The sums of one cell: the requests of one day (UTC) that share all of these."""

    day: date
    organisation: str
    key: str
    team: str | None
    customer: str | None
    feature: str | None
    route: str
    model: str | None
    """`None`: no model answered."""
    provider: str | None
    model_class: str | None
    measures: Measures
