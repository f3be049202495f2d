"""Whom not to ask for now: a node that does not answer is left alone for a while. Pure; told the time."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Breaker:
    """Lets every call pass until `patience` in a row had no answer; then one call each `rest` seconds.

    The first answer ends that. A call that is never heard of again holds the others back for one rest only.
    """

    patience: int = 5
    rest: float = 1.0
    """Seconds."""
    unanswered: int = 0
    """Calls in a row."""
    _closed_until: float = 0.0

    @property
    def open(self) -> bool:
        """Whether it lets but one call pass now and then."""
        return self.unanswered >= self.patience

    def admits(self, now: float) -> bool:
        """Whether a call may be made at `now`; saying so counts as making it."""
        if not self.open:
            return True
        if now < self._closed_until:
            return False
        self._closed_until = now + self.rest
        return True

    def answered(self) -> None:
        """There was an answer, whatever it said."""
        self.unanswered = 0

    def failed(self, now: float) -> None:
        """There was no answer."""
        self.unanswered += 1
        self._closed_until = now + self.rest


@dataclass(slots=True)
class Breakers:
    """A breaker for each node: one that is away does not keep calls from the others."""

    failures: int = 0
    """Calls without an answer so far, those that were not made left out."""
    _by_node: dict[str, Breaker] = field(default_factory=dict)

    def of(self, node: str) -> Breaker:
        """The breaker of a node, which is made when it is first asked for."""
        return self._by_node.setdefault(node, Breaker())

    def failed(self, node: str, now: float) -> None:
        """A node did not answer."""
        self.failures += 1
        self.of(node).failed(now)

    def all_answer(self, nodes: Iterable[str]) -> bool:
        """Whether the last call to each of the nodes was answered; one that was never called counts as if."""
        return not any(self.of(node).unanswered for node in nodes)
