"""What was done about answers that were late or broke."""

from routergate.domain.event import OUTRUN, Attempt, Outcome, UsageEvent
from routergate.telemetry.answers import CONTINUED, HEDGES
from routergate.telemetry.files import Slot

WON, LOST, FAILED = "won", "lost", "failed"


class Rescues:
    """Calls that were made beside others, and answers that went on from elsewhere."""

    def __init__(self, slot: Slot) -> None:
        self._hedges = slot.cells(HEDGES)
        self._continued = slot.cells(CONTINUED)

    def announce(self, route: str) -> None:
        """Let the series of a route begin at 0."""
        for result in (WON, LOST, FAILED):
            self._hedges[route, result].add(0)
        self._continued[(route,)].add(0)

    def count(self, event: UsageEvent) -> None:
        """One request's."""
        for call in event.attempts:
            if call.hedge:
                self._hedges[event.route, _result(call)].add()
        if event.outcome is Outcome.OK and any(map(_broke, event.attempts)):
            self._continued[(event.route,)].add()


def _result(call: Attempt) -> str:
    if call.billed:
        return WON
    return LOST if call.result == OUTRUN else FAILED


def _broke(call: Attempt) -> bool:
    return call.result == "cut" and call.usage is not None
