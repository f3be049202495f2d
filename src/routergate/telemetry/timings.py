"""Durations and expectations of requests, as histograms."""

from collections.abc import Iterator
from itertools import chain

from routergate.domain.event import UsageEvent
from routergate.telemetry import table
from routergate.telemetry.answers import STREAM
from routergate.telemetry.current import PLACE
from routergate.telemetry.files import Place, Slot, Trace


class Timings:
    """How long requests took, and how good their answers are expected to be."""

    def __init__(self, slot: Slot) -> None:
        self._durations = slot.histograms(table.REQUEST_DURATION)
        self._first_tokens = slot.histograms(table.FIRST_TOKEN)
        self._qualities = slot.histograms(table.QUALITY)
        self._streams = slot.histograms(STREAM)
        self._overheads = slot.histograms(table.OVERHEAD)
        self._overhead = self._overheads[()]
        self._decision = slot.histograms(table.DECISION)[()]

    def observe(self, event: UsageEvent) -> None:
        timings = event.timings
        place = PLACE.get()
        trace = place.trace_id if place is not None and place.sampled else None
        request = event.id, event.at / 1e9 + timings.total, trace
        self._durations[event.route, "true" if event.streamed else "false"].observe(timings.total, request)
        self._overhead.observe(timings.overhead, request)
        self._decision.observe(timings.decision)
        if event.card and event.streamed and timings.first_token is not None:
            self._first_tokens[(event.card.id,)].observe(timings.first_token)
            self._streams[(event.card.id,)].observe(timings.total - timings.first_token)
        if event.quality is not None:
            self._qualities[(event.route,)].observe(event.quality)

    def traces(self) -> Iterator[tuple[Place, Trace]]:
        """The latest request of each bucket of durations and overheads."""
        return chain(self._durations.traces(), self._overheads.traces())
