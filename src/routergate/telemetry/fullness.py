"""How full servers are, as metrics."""

from collections.abc import Mapping
from math import nan

from routergate.domain.capacity import Fill
from routergate.telemetry.files import Slot
from routergate.telemetry.fill import PREFIX_HITS, QUEUE, UTILISATION


class Fullness:
    """Of the servers of each model, as far as they ever told it."""

    def __init__(self, slot: Slot) -> None:
        self._cells = tuple(map(slot.cells, (UTILISATION, QUEUE, PREFIX_HITS)))

    def show(self, fills: Mapping[str, Fill]) -> None:
        """How full they are now; what a model tells no more is unknown, and not what it was."""
        for model in {*fills, *(name for cells in self._cells for (name,) in cells)}:
            fill = fills.get(model, Fill())
            figures = (fill.utilisation, fill.waiting, fill.prefix_hits)
            for cells, figure in zip(self._cells, figures, strict=True):
                if figure is not None or (model,) in cells:
                    cells[(model,)].set(nan if figure is None else figure)
