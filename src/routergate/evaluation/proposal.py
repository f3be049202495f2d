"""What a comparison means for a route: which tasks, what it may promise, and the YAML that says so."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from routergate.domain.decision import RoutePolicy
from routergate.evaluation.standin import ALL, StandIn


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Whether a new model is to answer on a route."""

    route: str
    new: str
    threshold: float
    """That the route promises."""
    proven: tuple[str, ...]
    """Tasks on which the new model surely keeps it."""
    open: tuple[str, ...]
    """Tasks on which it does not, or not surely."""
    recommended: float | None
    """The highest threshold, to a hundredth, surely kept on the proven tasks, else on all of them."""
    changes: Mapping[str, Any]
    """For the configuration, to be merged into it; empty: nothing is to change."""


def proposal(
    policy: RoutePolicy, new: str, found: Mapping[str, StandIn], serves: Sequence[str] = ()
) -> Proposal:
    """For a model that takes the tasks in `serves` only, if there are any."""
    tasks = [one for task, one in found.items() if task != ALL or len(found) == 1]
    proven = [one for one in tasks if one.keeps(policy.quality)]
    lows = [one.share.low for one in proven or tasks]
    return Proposal(
        route=policy.id,
        new=new,
        threshold=policy.quality,
        proven=tuple(one.task for one in proven),
        open=tuple(one.task for one in tasks if one not in proven),
        recommended=min(math.floor(min(lows) * 100) / 100, 1.0) if lows else None,
        changes=_changes(policy, new, proven, restricted=bool(serves) or len(proven) < len(tasks)),
    )


def _changes(
    policy: RoutePolicy, new: str, proven: Sequence[StandIn], *, restricted: bool
) -> Mapping[str, Any]:
    if not proven:
        return {}
    known = {one.task: quality for one in proven if (quality := _quality(one)) is not None}
    card: dict[str, Any] = {"quality": known} if known else {}
    if restricted:
        card["serves"] = [one.task for one in proven]
    candidates = list(dict.fromkeys([new, *policy.candidates]))
    changes = {"models": {new: card}} if card else {}
    return {**changes, "routes": {policy.id: {"candidates": candidates}}}


def _quality(one: StandIn) -> float | None:
    """Where it must stand for the router to see the share of the baseline's quality that was measured."""
    if one.base_expected is None or one.share.estimate is None:
        return None
    return round(min(one.share.estimate * one.base_expected, 1.0), 3)
