"""What routes promise and what is said of their answers, as metrics."""

from collections.abc import Iterable, Mapping
from math import nan
from typing import TypeAlias

from routergate.domain.decision import RoutePolicy
from routergate.domain.event import UsageEvent
from routergate.domain.feedback import Feedback
from routergate.telemetry.files import Slot
from routergate.telemetry.promises import BELOW_THRESHOLD, ESTIMATES, FEEDBACK, LEVELS, RATINGS, THRESHOLD

REMEMBERED = 5000
"""Answers of a worker whose estimates it still knows when feedback comes."""
NONE = "none"
Expected: TypeAlias = tuple[str, str, float]
"""Route and model of an answer, and what was thought of it beforehand."""


class Opinions:
    """Promises and estimates beforehand, ratings afterwards."""

    def __init__(self, slot: Slot) -> None:
        self._thresholds = slot.cells(THRESHOLD)
        self._below = slot.cells(BELOW_THRESHOLD)
        self._levels = slot.cells(LEVELS)
        self._feedback = slot.cells(FEEDBACK)
        self._ratings = slot.cells(RATINGS)
        self._estimates = slot.cells(ESTIMATES)
        self._known: dict[str, Expected] = {}

    def announce(self, routes: Mapping[str, RoutePolicy]) -> None:
        """What the routes promise now; those that are gone promise nothing."""
        for route in {*routes, *(name for (name,) in self._thresholds)}:
            self._thresholds[(route,)].set(routes[route].quality if route in routes else nan)
            self._below[(route,)].add(0)

    def count(self, event: UsageEvent) -> None:
        """One request's."""
        card, quality = event.card, event.quality
        self._levels[event.route, event.level, card.model_class if card else NONE].add()
        if card is None or quality is None:
            return
        if quality < event.threshold:
            self._below[(event.route,)].add()
        self._known[event.id] = event.route, card.id, quality
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def heard(self, said: Iterable[Feedback]) -> None:
        """Ratings were taken down, without raising."""
        for one in said:
            known = self._known.get(one.decision)
            labels = known[:2] if known else (NONE, NONE)
            self._feedback[labels].add()
            self._ratings[labels].add(one.rating)
            if known:
                self._estimates[labels].add(known[2])
