"""What a comparison says against a promise, as the bets of `evidence` need it."""

from typing import Final

from routergate.quality.sequence import Scored

_LITTLE: Final = 0.01
"""What counts as beyond a promise of everything, beyond which there is nothing."""


def lost(found: Scored, threshold: float) -> float:
    """How much is missing, if the judge is at its best: a multiple of the most that could be beyond.

    Not below -1; on average 0 at most, where the promise is kept.
    """
    most = max(-_missing(found.top, threshold), _LITTLE)
    return _missing(found.high, threshold) * found.weight / most


def broken(found: Scored, threshold: float) -> float:
    """How much is beyond, if the judge is at its worst; on average 0 at most, where the promise is broken."""
    return -_missing(found.low, threshold) * found.weight


def _missing(pair: tuple[float, float], threshold: float) -> float:
    outcome, reference = pair
    return threshold * reference - outcome
