"""One request on its way to an answer."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, replace

from routergate.dispatch.checked import Spare
from routergate.dispatch.course import Course
from routergate.dispatch.resume import Cover
from routergate.domain.decision import Decision
from routergate.domain.errors import (
    AllProvidersFailed,
    AllProvidersThrottled,
    DeadlinePassed,
    PrefillRefused,
    ProviderBusy,
    ProviderRefused,
    ProviderThrottled,
)
from routergate.meter.meter import Meter
from routergate.ports import Chunk

OVER = "The time that the route gives a request is over."
LATER = frozenset({ProviderThrottled.kind, ProviderBusy.kind})
"""What a caller who comes back later may be spared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What there is to know and to do for it."""

    decision: Decision
    cover: Cover
    meter: Meter
    course: Course
    spare: Spare
    resumed: bool = False
    """Whether the caller has got a part of the answer already."""

    @property
    def deadline(self) -> float:
        """When its time is over."""
        return self.meter.arrived + self.decision.limits.deadline

    def again(self, cover: Cover) -> "Errand":
        """The same request, once its answer has broken off: it is too late to check what it says."""
        unchecked = replace(self.decision, cascade=None)
        return replace(self, decision=unchecked, cover=cover, spare=Spare(self.meter), resumed=True)


def without_beginning(error: ProviderRefused) -> PrefillRefused:
    """What is made of the refusal of a request that ends with the beginning of its answer."""
    return PrefillRefused(f"the model does not take the beginning of its answer (HTTP {error.status})")


def check(deadline: float, now: float) -> None:
    """Raises `DeadlinePassed` once it has."""
    if now > deadline:
        raise DeadlinePassed(OVER)


async def within(seconds: float, first: Awaitable[Chunk]) -> Chunk:
    """The first chunk, if it comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await first
    except TimeoutError:
        raise DeadlinePassed(OVER) from None


def nobody(meter: Meter, soonest: float | None) -> AllProvidersFailed:
    """What is said when everybody has failed, or wants to be left alone."""
    said = "; ".join(f"{attempt.model}: {attempt.result}" for attempt in meter.attempts)
    if all(attempt.result in LATER for attempt in meter.attempts):
        said = said or "all of them want to be left alone"
        return AllProvidersThrottled(f"No provider answered ({said}).", retry_after=soonest)
    return AllProvidersFailed(f"No provider answered ({said}).")
