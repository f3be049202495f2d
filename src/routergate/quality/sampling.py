"""Which requests are compared: more where less is known, each with a known probability."""

from dataclasses import dataclass

from routergate.domain.quality import Interval, Trust


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampling:
    """How many requests are compared."""

    share: float = 0.02
    """Of requests to a model whose quality is known well."""
    most: float = 0.25
    """Of those to one of which nothing is known, or that is watched."""
    shadow: float = 0.02
    """Of the requests that a demoted model would have got: it answers in the shadow of others."""

    def __post_init__(self) -> None:
        if not (0 < self.share <= self.most <= 1 and 0 <= self.shadow <= 1):
            raise ValueError("sampling: 0 < share <= most <= 1, and shadow from 0 to 1")


def inclusion(trust: Trust, known: Interval, sampling: Sampling) -> float:
    """How probable it is that a request is compared; told by what is known before it."""
    if trust is Trust.TRUSTED:
        return sampling.share + (sampling.most - sampling.share) * (known.high - known.low) ** 2
    return {
        Trust.WATCHED: sampling.most,
        Trust.DEMOTED: sampling.shadow,
        Trust.QUARANTINED: 0.0,
        Trust.PROBING: 1.0,
    }[trust]


def chosen(inclusion: float, drawn: float) -> bool:
    """Whether a request that drew `drawn`, from 0 to below 1, is compared."""
    return drawn < inclusion
