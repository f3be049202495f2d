"""A row of the ledger as operators see it: no word of a prompt is in it, for none is in the row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from routergate.domain.decision import Why
from routergate.domain.usage import KINDS
from routergate.ledger.decided import CandidateRow
from routergate.ledger.record import EventRow
from routergate.office.sums import dollars

REASONS: Final[Mapping[str, str]] = {
    Why.NEEDS: "cannot do what the request needs, or takes other tasks only",
    Why.ROOM: "has no room for the request",
    Why.FORBIDDEN: "is not allowed by the route or the key",
    Why.FAILING: "was failing",
    Why.SLOW: "usually takes too long to begin",
    Why.PRICE: "costs more than the route or the request allows, or nobody knows what",
    Why.BUDGET: "was left out by a budget",
}
"""What the kinds of rules that leave models out say; the row has no more than the kind."""
ALIKE: Final = (
    "id",
    "organisation",
    "team",
    "key",
    "customer",
    "feature",
    "session",
    "route",
    "model",
    "provider",
)
SECONDS: Final = ("total", "first_token", "overhead", "decision", "answer")


def shown(row: EventRow) -> dict[str, Any]:
    """The row in JSON's terms; dollars as decimal text, `None` where unknown."""
    return {
        **{name: getattr(row, name) for name in ALIKE},
        "decision_id": row.id,
        "kind": row.kind,
        "at": moment(row.at),
        "class": row.model_class,
        "tags": list(row.tags),
        "task": row.task,
        "level": row.level,
        "complexity": round(row.complexity, 4),
        "threshold": round(row.threshold, 4),
        "quality": _rounded(row.quality),
        "streamed": row.streamed,
        "cached": bool(row.cached),
        "outcome": row.outcome,
        "tokens": {kind: getattr(row, kind) for kind in KINDS},
        "usage_source": row.usage_source,
        "service_tier": row.service_tier,
        "cost_usd": dollars(row.cost_nanos),
        "baseline": row.baseline,
        "baseline_usd": dollars(row.baseline_cost_nanos),
        "loaded_usd": dollars(row.loaded_cost_nanos),
        "saved_usd": dollars(_saved(row)),
        "seconds": {name: _rounded(getattr(row, f"{name}_seconds")) for name in SECONDS},
        "attempts": [
            {"model": it.model, "provider": it.provider, "result": it.result, "seconds": round(it.seconds, 4)}
            for it in row.attempts
        ],
    }


def decided(row: EventRow) -> Mapping[str, Any] | None:
    """What it was decided on, in the words of `routergate explain`; `None`: the row does not have it."""
    if row.candidates is None:
        return None
    return {
        "id": row.id,
        "route": row.route,
        "model": row.model,
        "threshold": round(row.threshold, 4),
        "baseline": row.baseline,
        "baseline_quality": _rounded(row.baseline_quality),
        "arm": row.arm,
        "propensity": row.propensity,
        "rule": _rule(row),
        "features": _features(row),
        "candidates": [_candidate(one, row) for one in row.candidates if one.reason is None],
        "rejected": [
            {"model": one.model, "kind": one.reason, "reason": REASONS.get(one.reason, one.reason)}
            for one in row.candidates
            if one.reason is not None
        ],
    }


def _rule(row: EventRow) -> str:
    """What can be said of it from the row: budgets and failures may have changed the order since."""
    considered = [one for one in row.candidates or () if one.reason is None]
    if row.arm == "baseline":
        return "the baseline, by chance: the route holds out a share of its requests"
    if any((one.quality or 0.0) >= row.threshold for one in considered):
        return f"the cheapest candidate that is expected to meet the threshold {row.threshold:.4g}"
    return f"no candidate is expected to meet the threshold {row.threshold:.4g}: the best one"


def _features(row: EventRow) -> Mapping[str, Any]:
    return {
        "task": row.task,
        "domain": row.domain,
        "language": row.language,
        "complexity": round(row.complexity, 4),
        "level": row.level,
        "needs": list(row.needs or ()),
        "input_tokens": row.input_tokens,
        "max_output_tokens": row.max_output_tokens,
    }


def _candidate(one: CandidateRow, row: EventRow) -> Mapping[str, Any]:
    return {
        "model": one.model,
        "quality": _rounded(one.quality),
        "stderr": _rounded(one.stderr),
        "meets": None if one.quality is None else one.quality >= row.threshold,
        "cached_tokens": one.cached_tokens or 0,
        "output_tokens": one.output_tokens,
        "cost_usd": dollars(one.cost_nanos),
        "loaded_cost_usd": dollars(one.loaded_cost_nanos),
        "asked": any(call.model == one.model for call in row.attempts),
    }


def moment(at: int) -> str:
    """An instant to the millisecond, UTC."""
    shown = datetime.fromtimestamp(at // 1_000_000 / 1000, UTC).isoformat(timespec="milliseconds")
    return shown.replace("+00:00", "Z")


def _saved(row: EventRow) -> int | None:
    if row.cost_nanos is None or row.baseline_cost_nanos is None:
        return None
    return row.baseline_cost_nanos - row.cost_nanos


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)
