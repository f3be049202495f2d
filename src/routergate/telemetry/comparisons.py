"""Comparisons of answers, and what they say of models, as metrics."""

from collections.abc import Iterable

from routergate.domain.event import UsageEvent
from routergate.domain.money import NANOS_PER_USD
from routergate.domain.quality import Subject, Transition, Trust
from routergate.ports import Telemetry
from routergate.telemetry.files import Slot
from routergate.telemetry.promises import COMPARISONS, OVERHEAD_COST, TRANSITIONS, TRUST


class ComparisonMetrics:
    """Of one worker. As `Telemetry`, it counts the requests that comparisons make."""

    def __init__(self, slot: Slot) -> None:
        self._comparisons = slot.cells(COMPARISONS)
        self._cost = slot.cells(OVERHEAD_COST)
        self._trust = slot.cells(TRUST)
        self._transitions = slot.cells(TRANSITIONS)

    def count(self, route: str, model: str, result: str) -> None:
        """One comparison, or what was to be one."""
        self._comparisons[route, model, result].add()

    def record(self, event: UsageEvent) -> None:
        """What it cost."""
        self._cost[event.route, event.attribution.purpose.value].add((event.cost or 0) / NANOS_PER_USD)

    def refused(self, status: int, code: str) -> None:
        """Counted by its result."""

    def show(self, states: Iterable[tuple[Subject, Trust]]) -> None:
        """How models stand now."""
        for subject, trust in states:
            for state in Trust:
                cell = self._trust[subject.route, subject.model, subject.task, state.value]
                cell.set(float(state is trust))

    def moved(self, transition: Transition) -> None:
        """A model was moved."""
        subject = transition.subject
        self._transitions[subject.route, subject.model, subject.task, transition.after.value].add()


_: type[Telemetry] = ComparisonMetrics
