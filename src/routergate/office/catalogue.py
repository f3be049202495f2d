"""What can be routed to, for those who choose."""

from collections.abc import Mapping, Sequence
from typing import Any

from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.model import ModelCard
from routergate.office.sums import dollars


def models(catalogue: Catalogue) -> Sequence[Mapping[str, Any]]:
    """Every model."""
    return [_model(card) for card in catalogue.models.values()]


def routes(catalogue: Catalogue) -> Sequence[Mapping[str, Any]]:
    """Every route."""
    return [_route(one) for one in catalogue.routes.values()]


def _model(card: ModelCard) -> Mapping[str, Any]:
    return {
        "id": card.id,
        "name": card.upstream,
        "provider": card.provider,
        "class": card.model_class.value,
        "category": card.category.value,
        "capabilities": sorted(card.capabilities),
        "formats": sorted(card.formats),
        "context_tokens": card.context_tokens,
        "max_output_tokens": card.max_output_tokens,
        "serves": sorted(card.serves),
        "region": card.region,
        "quality": dict(card.quality),
        "priced": bool(card.prices),
        "asset": card.asset is not None,
    }


def _route(policy: RoutePolicy) -> Mapping[str, Any]:
    return {
        "id": policy.id,
        "candidates": list(policy.candidates),
        "baseline": policy.baseline,
        "threshold": policy.quality,
        "confidence": policy.bound,
        "calibrated": policy.calibration is not None,
        "residency": policy.residency,
        "cost_basis": "loaded" if policy.loaded else "marginal",
        "max_cost_usd": dollars(policy.max_cost),
        "holdout": policy.holdout,
        "cascade": policy.cascade is not None,
        "cached": policy.caching is not None,
        "priority": policy.priority.value,
    }
