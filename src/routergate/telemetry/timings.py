"""Durations and expectations of requests, as histograms."""

from routergate.domain.event import UsageEvent
from routergate.telemetry import table
from routergate.telemetry.files import Slot


class Timings:
    """How long requests took, and how good their answers are expected to be."""

    def __init__(self, slot: Slot) -> None:
        self._durations = slot.histograms(table.REQUEST_DURATION)
        self._first_tokens = slot.histograms(table.FIRST_TOKEN)
        self._qualities = slot.histograms(table.QUALITY)
        self._overhead = slot.histograms(table.OVERHEAD)[()]
        self._decision = slot.histograms(table.DECISION)[()]

    def observe(self, event: UsageEvent) -> None:
        timings = event.timings
        self._durations[event.route, "true" if event.streamed else "false"].observe(timings.total)
        self._overhead.observe(timings.overhead)
        self._decision.observe(timings.decision)
        if event.card and event.streamed and timings.first_token is not None:
            self._first_tokens[(event.card.id,)].observe(timings.first_token)
        if event.quality is not None:
            self._qualities[(event.route,)].observe(event.quality)
