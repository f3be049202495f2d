"""What is written of comparisons → a plan for each route that has them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from routergate.classify.artifact import Artifact, builtin
from routergate.config import schema, shadow
from routergate.config.findings import Findings, Place
from routergate.config.names import Names, refer
from routergate.domain.budget import Away, Budget, Measure, Scope
from routergate.domain.decision import Catalogue, RoutePolicy
from routergate.domain.model import ModelId
from routergate.domain.money import nanos
from routergate.quality.judge import Agreement, Judge
from routergate.quality.plan import Exact, Jury, Plan
from routergate.quality.rules import Rules
from routergate.quality.sampling import Sampling

SURE = 0.05
"""How probable it is, at most, that a judge's rates are outside of what is taken for them."""


def plans(
    file: schema.File, catalogue: Catalogue, names: Names, artifact: Artifact | None, findings: Findings
) -> Mapping[str, Plan]:
    """By route. It is only good if there are no problems in `findings` afterwards."""
    written = {name: route.shadow for name, route in file.routes.items() if route.shadow is not None}
    found = {name: _checked(it, catalogue.routes[name], names, findings) for name, it in written.items()}
    version = (artifact or builtin()).checksum[:16] if written else ""
    return {name: replace(plan, artifact=version) for name, plan in found.items() if plan is not None}


def _checked(written: shadow.Shadow, policy: RoutePolicy, names: Names, findings: Findings) -> Plan | None:
    place: Place = ("routes", policy.id, "shadow")
    problems = [*_problems(written, policy)]
    for text in problems:
        findings.problem(place, text)
    if not _known(written, names, place, findings) or problems:
        return None
    return _plan(written, policy, place, findings)


def promised(policy: RoutePolicy) -> float:
    """The share of the baseline's quality that a route promises."""
    return policy.calibration.target if policy.calibration else policy.quality


def _problems(written: shadow.Shadow, policy: RoutePolicy) -> Iterator[str]:
    if (written.judge is None) == (written.check is None):
        yield "answers are compared by a judge or by a check; write one of them"
    if (written.check is Exact.REGEX) != (written.pattern is not None):
        yield "the check 'regex', and only that, has a pattern; add it, or remove it"
    if written.against is None and policy.baseline is None:
        yield "there is nothing to compare with; add 'against', or give the route a baseline"
    if not promised(policy):
        yield "the route promises no quality, so nothing can fall short of it; give it a quality"
    elif written.slack >= promised(policy):
        yield f"slack must be less than the quality that is promised, {promised(policy):g}"
    if written.share > written.most:
        yield "share is more than most; write most at least as large"


def _known(written: shadow.Shadow, names: Names, place: Place, findings: Findings) -> bool:
    models = {(*place, "against"): written.against}
    if written.judge is not None:
        models[*place, "judge", "model"] = written.judge.model
    for at, model in models.items():
        if model is not None:
            refer(model, "model", names.models, at, findings)
    return all(model in names.models for model in models.values() if model is not None)


def _plan(written: shadow.Shadow, policy: RoutePolicy, place: Place, findings: Findings) -> Plan:
    judge = _judge(written, place, findings)
    jury = written.judge
    return Plan(
        route=policy.id,
        against=ModelId(written.against or policy.baseline or ""),
        rules=_rules(written, promised(policy), judge),
        sampling=Sampling(
            share=written.share, most=written.most, shadow=min(written.share, Sampling().shadow)
        ),
        budget=_budget(written.budget),
        exact=written.check,
        pattern=re.compile(written.pattern) if written.pattern else None,
        jury=Jury(model=ModelId(jury.model), rubrics=dict(jury.rubric)) if jury else None,
    )


def _judge(written: shadow.Shadow, place: Place, findings: Findings) -> Judge | None:
    """How often it errs; nothing moves before somebody has said so."""
    if written.judge is None:
        return None
    labels = written.judge.labels
    if labels is None:
        findings.warn((*place, "judge"), "nobody knows how often it errs, so it moves no model; add labels")
        return None
    try:
        return Agreement(**labels.model_dump()).judge(SURE)
    except ValueError as error:
        findings.problem((*place, "judge", "labels"), str(error))
        return None


def _rules(written: shadow.Shadow, threshold: float, judge: Judge | None) -> Rules:
    return Rules(
        threshold=threshold,
        alpha=written.false_alarms,
        beta=written.false_returns,
        slack=written.slack,
        least=written.least,
        probes=written.probes,
        patience=written.patience,
        rest=written.rest,
        judge=judge,
        dry_run=written.dry_run,
    )


def _budget(written: shadow.Allowance) -> Budget:
    """Of the account that the comparisons of a route have in each organisation."""
    return Budget(
        scope=Scope.KEY,
        measure=Measure.CASH,
        limit=int(nanos(written.usd)),
        window=written.window,
        strict=True,
        when_store_away=Away.REFUSE,
    )
