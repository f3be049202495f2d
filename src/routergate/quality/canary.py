"""Two arms, told apart by chance alone, and a test of them that may be looked at after every outcome.

What the challenger adds is measured by inverse probabilities: an outcome less what outcomes were before it,
over the probability of its arm, minus those of the incumbent. Bets on that being a loss, or a gain, are
e-values.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Final

from routergate.domain.quality import Interval
from routergate.quality.evidence import MOST, STAKES
from routergate.quality.sequence import Sequence, exact

_BYTES: Final = 6  # 48 bits: as many as a float holds exactly


class Side(StrEnum):
    """The arms of a canary."""

    INCUMBENT = "incumbent"
    CHALLENGER = "challenger"


class Finding(StrEnum):
    """What a canary has shown."""

    OPEN = "open"
    """Nothing yet."""
    HARM = "harm"
    """The challenger is worse by more than the margin: stop."""
    BENEFIT = "benefit"
    """It is better by more than the gain that was asked for: promote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """What is tried, on which share of the units, and when that ends."""

    name: str
    """Another name is another draw."""
    share: float
    """Of units (sessions, customers) that get the challenger."""
    margin: float = 0.0
    """How much worse it may be."""
    gain: float = 0.0
    """How much better it has to be; less than 0: it only has to be no worse than that."""
    alpha: float = 0.01
    """How probable each of the two findings is, at most, where it is not so."""

    def __post_init__(self) -> None:
        if not (0 < self.share < 1 and 0 < self.alpha < 1):
            raise ValueError(f"canary {self.name!r}: share and alpha are more than 0 and less than 1")
        if not (0 <= self.margin < 1 and -1 < self.gain < 1):
            raise ValueError(f"canary {self.name!r}: a margin is 0 to below 1, a gain between -1 and 1")

    @property
    def scale(self) -> float:
        """What keeps inverse probabilities within 1."""
        return min(self.share, 1 - self.share)


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known so far: bets on harm and on benefit by stake, and the difference of the arms."""

    harm: tuple[float, ...] = (1.0,) * len(STAKES)
    benefit: tuple[float, ...] = (1.0,) * len(STAKES)
    apart: Sequence = field(default_factory=Sequence)
    total: float = 0.0

    @property
    def evidence(self) -> tuple[float, float]:
        """E-values of harm and of benefit."""
        return sum(self.harm) / len(STAKES), sum(self.benefit) / len(STAKES)

    def difference(self, alpha: float = 0.05) -> Interval:
        """How much better the challenger is, from -1 to 1; valid at any time."""
        return self.apart.interval(alpha, bounds=(-1.0, 1.0))


def arm(canary: Canary, unit: str) -> Side:
    """The arm of a unit: always the same, on every replica."""
    text = "\0".join((canary.name, unit))
    digest = blake2b(text.encode(errors="surrogatepass"), digest_size=_BYTES).digest()
    drawn = int.from_bytes(digest) / (1 << 8 * _BYTES)
    return Side.CHALLENGER if drawn < canary.share else Side.INCUMBENT


def tried(trial: Trial, canary: Canary, side: Side, outcome: float) -> Trial:
    """With the outcome, 0 to 1, of one more unit. Each unit counts once: chance has drawn it once."""
    usual = trial.total / trial.apart.count if trial.apart.count else 0.5
    added = canary.scale * _weight(canary, side) * (outcome - usual)
    pair = (added / 2, canary.scale / 2)
    return Trial(
        _bets(trial.harm, -(added + canary.margin * canary.scale) / (1 + canary.margin)),
        _bets(trial.benefit, (added - canary.gain * canary.scale) / (1 + abs(canary.gain))),
        trial.apart.after(exact(pair)),
        trial.total + outcome,
    )


def finding(trial: Trial, canary: Canary) -> Finding:
    """Whether it may stop, and why; harm comes first."""
    harm, benefit = trial.evidence
    if harm >= 1 / canary.alpha:
        return Finding.HARM
    return Finding.BENEFIT if benefit >= 1 / canary.alpha else Finding.OPEN


def _weight(canary: Canary, side: Side) -> float:
    return 1 / canary.share if side is Side.CHALLENGER else -1 / (1 - canary.share)


def _bets(wealth: tuple[float, ...], gain: float) -> tuple[float, ...]:
    return tuple([min(one * (1 + stake * gain), MOST) for one, stake in zip(wealth, STAKES, strict=True)])
