"""Money that a comparison may spend."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from routergate.domain.errors import RouterGateError
from routergate.domain.money import Nanos


class PurseEmpty(RouterGateError):
    """The next call could cost more than is left."""


@dataclass(slots=True)
class Held:
    """What one call may cost, until it is known what it did."""

    most: int
    cost: Nanos | None = None


@dataclass(slots=True)
class Purse:
    """What all calls together may cost; those that run count with the most that they can cost."""

    limit: Nanos | None = None
    spent: int = 0
    held: int = 0

    @contextmanager
    def taking(self, most: Nanos | None) -> Iterator[Held]:
        """Room for one call; one whose cost stays unknown is taken to have cost the most."""
        held = Held(most or 0)
        if self.limit is not None and self.spent + self.held + held.most > self.limit:
            raise PurseEmpty("The money that may be spent is spent.")
        self.held += held.most
        try:
            yield held
        finally:
            self.held -= held.most
            self.spent += held.most if held.cost is None else held.cost
