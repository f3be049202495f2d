"""A decision as plain data, for `POST /v1/route`, `routergate explain` and whoever else asks."""

from collections.abc import Callable, Mapping
from typing import Any

from routergate.domain.decision import Candidate, Decision
from routergate.domain.model import ModelCard
from routergate.domain.money import Nanos, usd_text
from routergate.domain.request import Features

Moved = Callable[[Features, ModelCard], Mapping[str, float]]


def explain(decision: Decision, moved: Moved) -> dict[str, Any]:
    """Everything that led to the decision, in JSON's types; money as exact decimal text.

    `moved` tells what moved each candidate's estimate, in log-odds; it is listed from most to least.
    """
    reading = decision.features.reading
    return {
        "id": decision.id,
        "route": decision.route,
        "model": decision.chosen.card.id,
        "rule": decision.rule,
        "threshold": decision.threshold,
        "baseline": decision.baseline.id if decision.baseline else None,
        "arm": decision.assignment.arm.value if decision.assignment else None,
        "calibration": _calibration(decision),
        "features": {
            "task": reading.task,
            "domain": reading.domain,
            "language": reading.language,
            "complexity": round(reading.complexity, 4),
            "level": reading.level.value,
            "trouble": list(reading.trouble),
            "needs": sorted(decision.features.needs),
            "input_tokens": decision.features.input_tokens,
            "max_output_tokens": decision.features.max_output_tokens,
        },
        "candidates": [
            {**_candidate(candidate), "moved": _ordered(moved(decision.features, candidate.card))}
            for candidate in decision.candidates
        ],
        "rejected": [{"model": r.model, "reason": r.reason} for r in decision.rejected],
    }


def _calibration(decision: Decision) -> dict[str, Any] | None:
    """The promise behind the threshold, and how many outcomes it rests on."""
    found = decision.calibration
    if found is None:
        return None
    setting = found.setting(decision.features.reading.task)
    return {
        "target": found.target,
        "confidence": found.confidence,
        "kept": setting.kept,
        "labels": setting.labels,
        "made": found.made.isoformat(),
        "digest": found.digest,
    }


def _ordered(parts: Mapping[str, float]) -> dict[str, float]:
    most = sorted(parts.items(), key=lambda part: -abs(part[1]))
    return {name: round(amount, 3) for name, amount in most}


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        "model": candidate.card.id,
        "provider": candidate.card.provider,
        "class": candidate.card.model_class.value,
        "quality": round(candidate.quality.mean, 4),
        "stderr": round(candidate.quality.stderr, 4),
        "lower": round(candidate.lower, 4),
        "adequate": candidate.adequate,
        "cached_tokens": candidate.cached_tokens,
        "output_tokens": candidate.output_tokens,
        "cost_usd": _usd(candidate.cost),
        "loaded_cost_usd": _usd(candidate.loaded),
        "escalation": _escalation(candidate),
        "queue": _queue(candidate),
    }


def _escalation(candidate: Candidate) -> dict[str, Any] | None:
    """What follows if the answer is rejected, and what the request is expected to cost with that."""
    if candidate.escalation is None:
        return None
    return {
        "model": candidate.escalation.model,
        "probability": round(candidate.escalation.probability, 4),
        "cost_usd": _usd(candidate.escalation.cost),
        "expected_cost_usd": _usd(candidate.expected_cost),
    }


def _queue(candidate: Candidate) -> dict[str, Any] | None:
    """What waits in front of it, and what that costs the request: part of another model's price."""
    if (shadow := candidate.shadow) is None:
        return None
    return {
        "waiting": shadow.crowd.waiting,
        "wait_seconds": shadow.crowd.seconds,
        "model": shadow.model,
        "pressure": round(shadow.pressure, 4),
        "shadow_price_usd": _usd(shadow.price),
    }


def _usd(amount: Nanos | None) -> str | None:
    return None if amount is None else usd_text(amount)
