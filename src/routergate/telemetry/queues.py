"""The queues before providers, as metrics."""

from collections.abc import Iterable

from routergate.dispatch.queue import Queue
from routergate.domain.model import ProviderId
from routergate.domain.turn import Priority
from routergate.telemetry import fill
from routergate.telemetry.files import Slot


class QueueMetrics:
    """Who waits, and for how long."""

    def __init__(self, slot: Slot) -> None:
        self._length = slot.cells(fill.QUEUE_LENGTH)
        self._running = slot.cells(fill.QUEUE_RUNNING)
        self._waits = slot.histograms(fill.QUEUE_WAIT)

    def waited(self, provider: ProviderId, priority: Priority, seconds: float) -> None:
        """A request has waited, without raising."""
        self._waits[provider, priority].observe(seconds)

    def show(self, queues: Iterable[Queue]) -> None:
        """How all of them stand now."""
        for queue in queues:
            self._length[(queue.provider,)].set(len(queue.line))
            self._running[(queue.provider,)].set(queue.line.running)
