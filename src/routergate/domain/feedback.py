"""What somebody says of an answer, afterwards."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """How good one answer was. Never the answer itself, or a word of it."""

    decision: str
    """The `x-routergate-decision-id` of the answer."""
    rating: float
    """0 (useless) to 1 (as good as could be)."""
    source: str
    """Who says so, such as `user` or `rule`. The same source's latest word counts."""
    weight: float = 1.0
    """How much it counts beside other sources."""
    outcome: str | None = None
    """What came of it, in a few words such as `ticket reopened`."""

    def __post_init__(self) -> None:
        if not 0 <= self.rating <= 1 or self.weight <= 0:
            raise ValueError(f"feedback on {self.decision!r}: a rating is 0 to 1, a weight more than 0")
