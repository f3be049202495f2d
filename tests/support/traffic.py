"""Rows of a route with a cheap and a dear candidate, as production would have booked them."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from routergate.domain.decision import Arm, Assignment, Decision, Estimate
from routergate.domain.event import Timings, UsageEvent
from routergate.domain.model import ModelCard, ModelId, TaskId
from routergate.domain.usage import Usage
from routergate.economics.price import price
from support.builders import (
    a_candidate,
    a_card,
    a_catalogue,
    a_decision,
    a_rate_card,
    a_reading,
    some_features,
)
from support.events import an_attribution, an_event

MINI = a_card("mini", context_tokens=128_000)
LARGE = replace(
    a_card("large", context_tokens=128_000), prices=(a_rate_card("2.5", "10"),), quality={"default": 0.97}
)
CATALOGUE = a_catalogue(MINI, LARGE, baseline=ModelId("large"), quality=0.9)
MODELS: dict[str, ModelCard] = {"mini": MINI, "large": LARGE}
FIRST = date(2026, 1, 5)
_DAY = 86_400 * 10**9


def asked(
    name: str,
    *,
    day: int = 0,
    quality: float = 0.95,
    usage: Usage | None = None,
    arm: Arm | None = None,
    feature: str | None = "search",
    session: str | None = None,
    complexity: float = 0.2,
    task: str = "chat",
    **changes: Any,
) -> UsageEvent:
    """A request on a day after `FIRST`, for which `mini` is `quality` of `large`; the threshold is 0.9."""
    used = usage or Usage(input_uncached=1_000, output=200)
    decision = _decision(quality, complexity, task, arm)
    card = changes.pop("card", decision.chosen.card)
    on = date.fromordinal(FIRST.toordinal() + day)
    event = an_event(
        id=name,
        at=int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp()) * 10**9 + day * _DAY,
        decision=decision,
        card=card,
        usage=used,
        threshold=0.9,
        quality=decision.chosen.quality.mean,
        complexity=complexity,
        task=task,
        cost=price(card, used, on),
        baseline="large",
        baseline_cost=price(LARGE, used, on),
        attribution=replace(an_attribution(feature=feature), session=session),
        timings=Timings(total=1.5, first_token=0.4, overhead=0.001, decision=0.0003),
    )
    return replace(event, **changes)


def many(number: int, days: int = 1, **changes: Any) -> Iterator[UsageEvent]:
    """As many requests, spread over days."""
    prefix = changes.pop("prefix", "r")
    for n in range(number):
        yield asked(f"{prefix}-{n}", day=n % days, **changes)


def costs(events: Iterable[UsageEvent]) -> int:
    """What they cost together."""
    return sum(event.cost or 0 for event in events)


def _decision(quality: float, complexity: float, task: str, arm: Arm | None) -> Decision:
    features = some_features(input_tokens=1_000, reading=a_reading(complexity=complexity, task=TaskId(task)))
    expected = Usage(input_uncached=1_000, output=300)
    mini, large = (
        a_candidate(
            card,
            quality=Estimate(mean=mean, stderr=stderr),
            cost=price(card, expected, FIRST),
            lower=mean,
            adequate=mean >= 0.9,
        )
        for card, mean, stderr in ((MINI, quality, 0.04), (LARGE, 1.0, 0.0))
    )
    first, second = (mini, large) if mini.adequate and arm is not Arm.BASELINE else (large, mini)
    share = {Arm.BASELINE: 0.1, Arm.ROUTED: 0.9}
    return a_decision(
        features=features,
        candidates=(first, second),
        threshold=0.9,
        baseline=LARGE,
        reference=0.97,
        assignment=Assignment(arm=arm, propensity=share[arm]) if arm else None,
    )
