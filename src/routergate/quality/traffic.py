"""Whether requests are still what they were: shares of kinds, such as tasks, levels and lengths.

For each kind there are bets that its share has risen above what it was by more than a tolerance, and that it
has fallen as much; together they are one piece of evidence, with both controls of false alarms that
`evidence` has.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from routergate.domain.request import Features
from routergate.quality.evidence import Evidence

OTHER: Final = "other"
"""All kinds that are too rare for a share of their own."""
_LENGTHS: Final = ((200, "short"), (2_000, "medium"), (20_000, "long"))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request, and the evidence on its share."""

    usual: float
    """Its share when everything was as it should be."""
    risen: Evidence = field(default_factory=Evidence)
    fallen: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What requests were by one aspect, and what has been seen against that."""

    kinds: Mapping[str, Kind]
    tolerance: float
    """How far a share may be from what it was; wide enough for how well that is known."""

    def after(self, kind: str) -> "Traffic":
        """With one more request."""
        known = kind if kind in self.kinds else OTHER
        return replace(
            self, kinds={name: self._after(one, float(name == known)) for name, one in self.kinds.items()}
        )

    @property
    def ever(self) -> float:
        """An e-value: by chance it is ever this large with one over it as the probability."""
        return sum(one.ever for one in self._all()) / (2 * len(self.kinds))

    @property
    def lately(self) -> float:
        """On average at least as many requests pass until it is this large by chance."""
        return sum(one.lately for one in self._all()) / (2 * len(self.kinds))

    @property
    def moved(self) -> tuple[str, str]:
        """The kind for which there is most evidence, and whether it has `risen` or `fallen`."""
        sides = ((name, side) for name in self.kinds for side in ("risen", "fallen"))
        return max(sides, key=lambda one: float(getattr(self.kinds[one[0]], one[1]).lately))

    def _after(self, kind: Kind, here: float) -> Kind:
        above = here - kind.usual
        return Kind(
            kind.usual,
            kind.risen.after((above - self.tolerance) / (1 + self.tolerance)),
            kind.fallen.after((-above - self.tolerance) / (1 + self.tolerance)),
        )

    def _all(self) -> Iterator[Evidence]:
        for one in self.kinds.values():
            yield one.risen
            yield one.fallen


def usual(counts: Mapping[str, int], tolerance: float = 0.05, most: int = 12) -> Traffic:
    """What requests are from now on compared with: the `most` frequent kinds, and all others as one.

    Raises `ValueError` where there are fewer than (1 / tolerance)² requests: their shares are not known well
    enough to be moved from by the tolerance.
    """
    total = sum(counts.values())
    if total * tolerance**2 < 1:
        raise ValueError(f"{total} requests do not say what is usual to {tolerance:g}; wait for more")
    named = {one: number for one, number in counts.items() if one != OTHER}
    first = sorted(named, key=lambda one: -named[one])[:most]
    shares = {one: named[one] / total for one in first}
    kinds = {**shares, OTHER: max(1 - sum(shares.values()), 0.0)}
    return Traffic({name: Kind(share) for name, share in kinds.items()}, tolerance)


def kinds(features: Features) -> Mapping[str, str]:
    """What a request is, by aspect."""
    tokens = features.input_tokens
    return {
        "task": features.reading.task,
        "level": features.reading.level.value,
        "length": next((name for most, name in _LENGTHS if tokens < most), "huge"),
    }
