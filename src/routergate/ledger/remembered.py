"""A row → what its request was decided on."""

from collections.abc import Iterator, Sequence

from routergate.domain.asset import Loaded
from routergate.domain.decision import (
    Arm,
    Assignment,
    Candidate,
    Catalogue,
    Decision,
    Estimate,
    Rejection,
    Why,
)
from routergate.domain.format import Format
from routergate.domain.model import Capability, ModelId, TaskId
from routergate.domain.money import Nanos
from routergate.domain.request import Features, Level, Reading
from routergate.ledger.decided import CandidateRow
from routergate.ledger.record import EventRow


def remembered(row: EventRow, catalogue: Catalogue) -> Decision | None:
    """The decision behind a row, in today's catalogue: models that it has no more are left out.

    `None`: the row does not know, or none of its models is left. The text is not kept, so a model that was
    not thought of is estimated by complexity and task.
    """
    candidates = tuple(_candidates(row.candidates or (), row.threshold, catalogue))
    if row.input_tokens is None or not candidates:
        return None
    return Decision(
        id=row.id,
        route=row.route,
        rule="as it was written down",
        threshold=row.threshold,
        baseline=catalogue.models.get(ModelId(row.baseline)) if row.baseline else None,
        features=_features(row, row.input_tokens),
        candidates=candidates,
        rejected=tuple(
            Rejection(model=ModelId(one.model), reason=one.reason, why=Why(one.reason))
            for one in row.candidates or ()
            if one.reason is not None
        ),
        reference=row.baseline_quality,
        assignment=_assignment(row),
    )


def _features(row: EventRow, input_tokens: int) -> Features:
    return Features(
        reading=Reading(
            task=TaskId(row.task),
            domain=row.domain or "general",
            language=row.language or "und",
            complexity=row.complexity,
            level=Level(row.level),
        ),
        needs=frozenset(map(Capability, row.needs or ())),
        format=Format(row.format or Format.CHAT),
        input_tokens=input_tokens,
        max_output_tokens=row.max_output_tokens,
        choices=row.choices or 1,
        service_tier=row.asked_tier or None,
    )


def _candidates(rows: Sequence[CandidateRow], threshold: float, catalogue: Catalogue) -> Iterator[Candidate]:
    for one in rows:
        card = catalogue.models.get(ModelId(one.model))
        if card is None or one.quality is None:
            continue
        yield Candidate(
            card=card,
            quality=Estimate(mean=one.quality, stderr=one.stderr or 0.0),
            output_tokens=one.output_tokens or 0,
            cost=None if one.cost_nanos is None else Nanos(one.cost_nanos),
            cached_tokens=one.cached_tokens or 0,
            lower=one.quality,
            adequate=one.quality >= threshold,
            share=_share(one),
        )


def _share(one: CandidateRow) -> Loaded | None:
    """In one sum: the row has no components of what was only expected."""
    if one.cost_nanos is None or one.loaded_cost_nanos is None:
        return None
    return Loaded(hosting=Nanos(one.loaded_cost_nanos - one.cost_nanos))


def _assignment(row: EventRow) -> Assignment | None:
    if row.arm is None or row.propensity is None:
        return None
    return Assignment(arm=Arm(row.arm), propensity=row.propensity)
