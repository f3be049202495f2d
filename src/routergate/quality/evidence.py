"""Evidence that something has changed for the worse, whenever that was; two controls on false alarms.

Bets on losses that are -1 at the best: as long as nothing is lost on average, nobody gets rich by them,
whatever was lost when. A bet begins at each comparison, since nobody knows when a change will come; sums over
all beginnings need one number for each stake (the e-detectors of Shin, Ramdas and Rinaldo, 2022).

- `lately` sums up as CUSUM does: while nothing is wrong, it takes n comparisons on average, or more, until it
  is n.
- `ever` gives each beginning its share of one stake: while nothing is wrong, it is n at any time at all with
  probability 1/n at most.
"""

import math
from dataclasses import dataclass
from typing import Final

STAKES: Final = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Of what can be staked, side by side: small ones find small losses, large ones find large losses fast."""
MOST: Final = 1e300


def share(beginning: int) -> float:
    """Of the one stake, for bets that begin at a comparison, from 1 on; all of them together are 1."""
    return 1 / math.log2(beginning + 1) - 1 / math.log2(beginning + 2)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What bets have come to, by stake."""

    sudden: tuple[float, ...] = (0.0,) * len(STAKES)
    lasting: tuple[float, ...] = (0.0,) * len(STAKES)
    count: int = 0

    def after(self, loss: float) -> "Evidence":
        """With one more comparison: what was lost, as a multiple of the most that it could have gained."""
        more = share(self.count + 1)
        bound = max(loss, -1.0)
        factors = [1 + stake * bound for stake in STAKES]
        return Evidence(
            _capped([(one if one > 1 else 1.0) * by for one, by in zip(self.sudden, factors, strict=True)]),
            _capped([(one + more) * by for one, by in zip(self.lasting, factors, strict=True)]),
            self.count + 1,
        )

    @property
    def lately(self) -> float:
        """On average at least as many comparisons pass until it is this large by chance."""
        return sum(self.sudden) / len(STAKES)

    @property
    def ever(self) -> float:
        """An e-value: by chance it is ever this large with one over it as the probability."""
        return sum(self.lasting) / len(STAKES)


def _capped(wealth: list[float]) -> tuple[float, ...]:
    return tuple(wealth) if max(wealth) < MOST else tuple([min(one, MOST) for one in wealth])
