"""What is written of a route → its policy."""

import re
from collections.abc import Collection, Iterable, Mapping

from routergate.config import answers, schema
from routergate.config.findings import Findings, Place, hint
from routergate.config.names import Names, refer
from routergate.domain.answer import Cascade, Flaw
from routergate.domain.caching import Caching
from routergate.domain.decision import DIRECT, Limits, RoutePolicy
from routergate.domain.model import ModelCard, ModelId
from routergate.domain.money import nanos


def policy(
    name: str, written: schema.Route, models: Mapping[ModelId, ModelCard], names: Names, findings: Findings
) -> RoutePolicy:
    """The policy of a route, whose models are all declared and fit together."""
    place: Place = ("routes", name)
    if name == DIRECT:
        findings.problem(place, f"'{DIRECT}' stands for requests that name a model; choose another name")
    _check_candidates(written.candidates, (*place, "candidates"), names.models, findings)
    if written.baseline is not None:
        refer(written.baseline, "model", names.models, (*place, "baseline"), findings)
    if written.cascade and len(written.candidates) < 2:
        findings.warn(
            (*place, "cascade"), "nobody is left to ask after a bad answer; declare another candidate"
        )
    if written.cascade:
        _check_rule(written.cascade, (*place, "cascade"), findings)
    _check_holdout(written, (*place, "holdout"), findings)
    residency = None if written.residency == "any" else written.residency
    candidates = tuple(map(ModelId, written.candidates))
    if residency and all(model in models for model in candidates):
        regions = {models[model].region for model in candidates}
        _check_residency(residency, regions, (*place, "residency"), findings)
    return RoutePolicy(
        id=name,
        candidates=candidates,
        baseline=ModelId(written.baseline) if written.baseline else None,
        quality=written.quality,
        bound=written.bound,
        residency=residency,
        as_written=written.order == "written",
        loaded=written.cost_basis == "loaded",
        cascade=_cascade(written.cascade) if written.cascade else None,
        max_cost=None if written.max_cost_usd is None else nanos(written.max_cost_usd),
        first_token=written.first_token_seconds,
        caching=Caching(**dict(written.cache)) if written.cache else None,
        holdout=written.holdout if written.baseline in written.candidates else 0.0,
        priority=written.priority,
        limits=Limits(attempts=written.attempts, deadline=written.deadline, wait=written.wait),
    )


def _check_rule(written: answers.Cascade, place: Place, findings: Findings) -> None:
    patterns, asked = (*written.must_match, *written.must_not_match), Flaw.RULE in written.escalate_when
    if asked and not patterns:
        findings.problem((*place, "escalate_when"), "'rule' needs must_match or must_not_match; add one")
    if patterns and not asked:
        findings.problem((*place, "escalate_when"), "nobody looks at the patterns; add 'rule' to the list")


def _cascade(written: answers.Cascade) -> Cascade:
    return Cascade(
        must_match=tuple(map(re.compile, written.must_match)),
        must_not_match=tuple(map(re.compile, written.must_not_match)),
        escalate_when=frozenset(written.escalate_when),
        within=written.within,
        characters=written.characters,
        confidence=written.confidence,
    )


def _check_candidates(
    candidates: Iterable[str], place: Place, known: Collection[str], findings: Findings
) -> None:
    first: dict[str, int] = {}
    for index, model in enumerate(candidates):
        refer(model, "model", known, (*place, index), findings)
        if first.setdefault(model, index) != index:
            findings.problem((*place, index), f"'{model}' is a candidate already; keep it once")


def _check_holdout(written: schema.Route, place: Place, findings: Findings) -> None:
    if written.holdout and written.baseline not in written.candidates:
        findings.problem(place, "needs a baseline that is among the candidates; add it to them")


def _check_residency(
    residency: str, regions: Collection[str | None], place: Place, findings: Findings
) -> None:
    if residency not in regions:
        known = {region for region in regions if region}
        findings.problem(place, f"no candidate is in the region '{residency}'{hint(residency, known)}")
