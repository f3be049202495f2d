"""What routes promise, how good their models are held for, and how good they are said to be."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import groupby
from math import sqrt
from statistics import NormalDist
from typing import Any

from routergate.config.spec import Config
from routergate.domain.decision import RoutePolicy
from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import EVERY, Subject, Trust
from routergate.economics.months import instant
from routergate.ledger.names import ORGANISATIONS
from routergate.ledger.newest import MOST_SEEN, Newest, Place
from routergate.ledger.record import EventRow
from routergate.office.papers import Ask, Judged, QualityAsked
from routergate.office.shown import moment
from routergate.office.view import View

CONFIDENCE = 0.95
KINDS = frozenset({"event", "reversal", "correction", "feedback"})


@dataclass(frozen=True, slots=True)
class Quality:
    """Reads the books for it."""

    view: View
    files: Ask

    async def told(self, days: tuple[date, date], organisation: str | None) -> Mapping[str, Any]:
        """Per route and model, and per task within; raises `LedgerUnusable` or `ReportTooLarge`."""
        names = [organisation] if organisation else sorted(await self.view.store.members(ORGANISATIONS))
        recent = Newest(
            store=self.view.store,
            wanted=lambda row: row.kind in KINDS,
            most=MOST_SEEN,
            place=Place((instant(days[1] + timedelta(days=1)), "", "")),
            since=instant(days[0]),
        )
        await recent.read(names)
        rows = await asyncio.to_thread(recent.rows)
        asked = await asyncio.to_thread(_asked, self.view.ledger, days, organisation, rows)
        groups = (await self.files(asked)).judged
        config = self.view.config()
        states = {one: watch.trust.value for one, watch in self.view.trusts.watches.items()}
        return {
            "object": "list",
            "since": days[0].isoformat(),
            "until": days[1].isoformat(),
            "confidence": CONFIDENCE,
            "data": list(_rows(config, groups, states)),
            "notes": [] if recent.over else [_cut(recent.whole)],
            "next": None,
        }


def _asked(
    ledger: str, days: tuple[date, date], organisation: str | None, rows: Sequence[EventRow]
) -> QualityAsked:
    booked = [row for row in rows if row.kind != "feedback" and row.model is not None]
    said = [row for row in rows if row.kind == "feedback"]
    return QualityAsked(
        ledger=ledger,
        days=days,
        organisation=organisation,
        booked=tuple(
            (it.organisation, it.id, it.kind, it.requests, it.route, it.task, it.model, it.quality)
            for it in booked
        ),
        said=tuple(
            (it.organisation, it.decision, it.rating_source, it.at, it.rating, it.rating_weight)
            for it in said
        ),
    )


def _cut(whole: int) -> str:
    return (
        f"Of what is not in the ledger's files yet, only the newest {MOST_SEEN:,} rows are in this: those "
        f"since {moment(whole)}. `routergate ledger run` moves them to files."
    )


def _rows(
    config: Config, groups: Sequence[Judged], states: Mapping[Subject, str]
) -> Iterator[Mapping[str, Any]]:
    ordered = sorted(groups, key=lambda one: (one.route, one.model, one.task))
    for (route, model), found in groupby(ordered, lambda one: (one.route, one.model)):
        parts = list(found)
        policy = config.catalogue.routes.get(route)
        by_task = partial(Subject, route=route, model=ModelId(model))
        usual = Trust.TRUSTED.value if route in config.shadows else None
        yield {
            "route": route,
            "model": model,
            **_promise(policy),
            **_known(parts),
            "state": states.get(by_task(task=EVERY), usual),
            "tasks": [
                {
                    "task": one.task,
                    "threshold": _threshold(policy, one.task),
                    **_known([one]),
                    "state": states.get(
                        Subject(route=route, model=ModelId(model), task=TaskId(one.task)), usual
                    ),
                }
                for one in parts
            ],
        }


def _promise(policy: RoutePolicy | None) -> Mapping[str, Any]:
    """What the route promises now, whatever it promised then."""
    found = policy and policy.calibration
    return {
        "promised": found.target if found else policy and policy.quality,
        "baseline": policy and policy.baseline,
        "calibrated": found is not None,
    }


def _threshold(policy: RoutePolicy | None, task: str) -> float | None:
    """What an estimate must reach for a task; `None`: the route is gone, or only its baseline will do."""
    if policy is None:
        return None
    if policy.calibration is None:
        return policy.quality
    return policy.calibration.setting(TaskId(task)).threshold


def _known(parts: Sequence[Judged]) -> Mapping[str, Any]:
    estimated, ratings = sum(one.estimated for one in parts), sum(one.ratings or 0 for one in parts)
    good = sum(one.good or 0.0 for one in parts)
    return {
        "requests": sum(one.requests for one in parts),
        "estimate": round(sum(one.estimate for one in parts) / estimated, 4) if estimated > 0 else None,
        "estimated": estimated,
        "feedback": _feedback(ratings, good / ratings) if ratings else None,
    }


def _feedback(number: int, mean: float) -> Mapping[str, Any]:
    """Wilson's interval: for ratings between 0 and 1 it is never too narrow."""
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    shrink = 1 + z * z / number
    middle = (mean + z * z / (2 * number)) / shrink
    half = z * sqrt(mean * (1 - mean) / number + (z / (2 * number)) ** 2) / shrink
    low, high = max(middle - half, 0.0), min(middle + half, 1.0)
    return {"n": number, "mean": round(mean, 4), "low": round(low, 4), "high": round(high, 4)}
