"""What a request was decided on, as columns: enough to decide it again without its prompt."""

from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import Any

import msgspec

from routergate.domain.decision import Candidate, Decision

MOST = 32
"""Models that a row remembers as candidates, and as many that were left out."""
STEPS = 31.75
"""Per unit: latent numbers lie between -4 and 4, and are written in a byte each."""
MIDDLE = 128.5
"""Where zero lies, and half a step for rounding."""
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class CandidateRow(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """A model of the route: what was expected of it before it was asked, or why it was left out."""

    model: str
    quality: float | None = None
    """Relative to the baseline's where there is one."""
    stderr: float | None = None
    output_tokens: int | None = None
    """Expected."""
    cached_tokens: int | None = None
    """Input tokens that it was believed to have cached."""
    cost_nanos: int | None = None
    """Expected; unknown if there is a quality and no cost."""
    loaded_cost_nanos: int | None = None
    reason: str | None = None
    """The kind of rule that left it out; `None`: it could have answered."""


def decided(decision: Decision | None) -> Mapping[str, Any]:
    """The columns of a decision, none if there is none."""
    if decision is None:
        return _NOTHING
    features, reading, assigned = decision.features, decision.features.reading, decision.assignment
    return {
        "input_tokens": features.input_tokens,
        "max_output_tokens": features.max_output_tokens,
        "choices": features.choices,
        "needs": tuple(sorted(features.needs)),
        "format": features.format.value,
        "language": reading.language,
        "domain": reading.domain,
        "baseline_quality": decision.reference,
        "candidates": tuple(_considered(decision)),
        "arm": assigned.arm.value if assigned else None,
        "propensity": assigned.propensity if assigned else None,
        "latent": packed(reading.latent) if reading.estimator else None,
        "estimator": reading.estimator or None,
    }


def packed(latent: Sequence[float]) -> str:
    """Latent numbers as text, to about a hundredth each."""
    try:
        octets = bytes([int(number * STEPS + MIDDLE) for number in latent])
    except ValueError:  # beyond the bounds, which only a router of somebody else's making has
        octets = bytes([min(max(int(number * STEPS + MIDDLE), 1), 255) for number in latent])
    return b64encode(octets).decode()


def unpacked(text: str) -> list[float]:
    """The same numbers again."""
    return [(octet - 128) / STEPS for octet in b64decode(text)]


def _considered(decision: Decision) -> Iterator[CandidateRow]:
    yield from map(_candidate, islice(decision.candidates, MOST))
    for one in islice(decision.rejected, MOST):
        yield CandidateRow(model=one.model, reason=one.why.value)


def _candidate(one: Candidate) -> CandidateRow:
    return CandidateRow(
        model=one.card.id,
        quality=one.quality.mean,
        stderr=one.quality.stderr,
        output_tokens=one.output_tokens,
        cached_tokens=one.cached_tokens or None,
        cost_nanos=one.cost,
        loaded_cost_nanos=one.loaded,
    )
