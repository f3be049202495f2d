"""What it takes to move a model from one state of trust into another."""

from dataclasses import dataclass
from typing import Final

from routergate.quality.judge import Judge

SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """For one subject: what it takes to move it, and for how long."""

    threshold: float
    """The quality that the route promises, as a share of the baseline's."""
    alpha: float = 0.01
    """How probable it is, at most, that a model which is good enough is ever demoted."""
    beta: float = 0.05
    """How probable it is, at most, that one which is not is trusted again after one time of probing."""
    slack: float = 0.0
    """How far below the threshold a model may be that is trusted again."""
    watch_every: float = 200.0
    """Comparisons, on average and at least, from one false watch to the next."""
    least: int = 30
    """Comparisons without which nothing moves."""
    probes: float = 0.05
    """The share of requests that may go to a model that is probed."""
    patience: float = 86_400.0
    """Seconds for which a demoted model may show that it is good after all."""
    rest: float = 3_600.0
    """Seconds that the first quarantine lasts; each one in a row is twice as long as the one before."""
    longest_rest: float = 86_400.0
    judge: Judge | None = None
    """How often the judge errs; `None`: nobody has said, so no comparison may come from it."""
    dry_run: bool = False
    """Whether transitions are only told."""

    def __post_init__(self) -> None:
        if not (0 < self.threshold <= 1 and 0 <= self.slack < self.threshold):
            raise ValueError(
                "a threshold is more than 0 and at most 1, the slack at least 0 and less than that"
            )
        if not (0 < self.alpha < 1 and 0 < self.beta < 1 and 0 <= self.probes <= 0.5):
            raise ValueError("alpha and beta are more than 0 and less than 1, probes are a share of 0 to 0.5")
        if not (self.watch_every > 1 and self.least >= 1):
            raise ValueError("watch_every is more than 1, least is at least 1")
        if not min(self.patience, self.rest, self.longest_rest) > 0:
            raise ValueError("patience and rests are more than 0 seconds")

    def resting(self, rests: int) -> int:
        """Nanoseconds that the quarantine lasts that is the nth in a row."""
        doubled = self.rest * 2.0 ** min(rests - 1, 60)
        return round(min(doubled, max(self.rest, self.longest_rest)) * SECOND)
