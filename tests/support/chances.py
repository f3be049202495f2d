"""The bets of `evidence` for many courses at once, one comparison after another."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routergate.quality.evidence import STAKES, share

Floats = NDArray[np.float64]


@dataclass
class Chances:
    """Courses × stakes; the same numbers as those of `Evidence.lasting`."""

    lasting: Floats
    count: int = 0

    @classmethod
    def of(cls, courses: int) -> "Chances":
        """Nothing seen yet."""
        return cls(np.zeros((courses, len(STAKES))))

    def after(self, losses: Floats) -> Floats:
        """What `ever` is with one more comparison in each course."""
        self.count += 1
        factors = 1 + np.array(STAKES) * losses[:, None]
        self.lasting = (self.lasting + share(self.count)) * factors
        ever: Floats = self.lasting.mean(axis=1)
        return ever
