"""What is left to try for one request."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from routergate.dispatch.fleet import Replica
from routergate.domain.decision import Candidate, Decision, Limits
from routergate.domain.errors import ProviderRefused, UpstreamError
from routergate.route.cascade import better

Failure: TypeAlias = UpstreamError | ProviderRefused
Choose: TypeAlias = Callable[[Candidate, Collection[Replica]], Replica | None]
"""The server to ask for a candidate, but none of some; `None`: there is none."""


@dataclass(frozen=True, slots=True)
class Step:
    """Whom to ask next."""

    candidate: Candidate
    replica: Replica
    forced: bool = False
    """Whether the circuits would have it otherwise."""


@dataclass(slots=True)
class Course:
    """The candidates that have not been given up, in their order; the first one is being asked."""

    ahead: list[Candidate]
    limits: Limits
    conversation: str = ""
    """To which the request belongs; empty: to none."""
    passed_over: list[Candidate] = field(default_factory=list)
    """Nobody seemed to serve them: the last resort."""
    silent: set[Replica] = field(default_factory=set)
    """They have let the request wait, and are not asked again for it."""
    failures: Counter[str] = field(default_factory=Counter)
    """Of the candidate that is being asked, by kind."""
    pause: float = 0.0
    """Seconds to let pass before the next step."""
    asked: Step = field(init=False)
    """The step that was taken last."""
    _tried: set[Replica] = field(default_factory=set)

    @classmethod
    def of(cls, decision: Decision) -> "Course":
        """Everything that the decision allows."""
        return cls(list(decision.candidates), decision.limits, decision.features.conversation)

    def next(self, admitted: Choose, anyone: Choose) -> Step | None:
        """The next step: as long as there is one, somebody whom the circuits admit."""
        while self.ahead:
            if replica := self._fresh(self.ahead[0], admitted):
                return self._to(replica)
            self.passed_over.append(self.ahead[0])
            self.move_on()
        while self.passed_over:
            self.ahead = [self.passed_over.pop(0)]
            if replica := anyone(self.ahead[0], self.silent):
                return self._to(replica, forced=True)
        return None

    def can_go_elsewhere(self, admitted: Choose) -> bool:
        """Whether there is another server to ask for the candidate that has just failed."""
        return admitted(self.ahead[0], self.silent | self._tried) is not None

    def can_repeat(self, admitted: Choose) -> bool:
        """Whether any of its servers may be asked again."""
        return admitted(self.ahead[0], self.silent) is not None

    def is_alone(self, admitted: Choose) -> bool:
        """Whether nobody but the candidate that is being asked can answer."""
        return all(admitted(other, self.silent) is None for other in self.ahead[1:])

    def move_on(self) -> None:
        """Give up the candidate that is being asked."""
        del self.ahead[0]
        self.failures.clear()
        self._tried.clear()
        self.pause = 0.0

    def beside(self, admitted: Choose) -> Step | None:
        """Whom to ask at the same time: another server for the same candidate, or else the next one."""
        if replica := admitted(self.ahead[0], self.silent | self._tried):
            self._tried.add(replica)
            return Step(self.ahead[0], replica)
        for other in self.ahead[1:]:
            if replica := admitted(other, self.silent):
                return Step(other, replica)
        return None

    def lost(self, step: Step, to: Step) -> None:
        """Of two that are being asked at the same time, give up one."""
        self.asked = to
        if step.candidate is to.candidate:
            return
        if to.candidate is not self.ahead[0]:
            self.failures.clear()
            self._tried = {to.replica}
        both = (step.candidate, to.candidate)
        others = [one for one in self.ahead if not any(one is given for given in both)]
        self.ahead = [to.candidate, *others]

    def prefer(self, better: Callable[[Candidate], bool]) -> None:
        """Of those that are left, ask these first."""
        self.ahead[1:] = sorted(self.ahead[1:], key=lambda one: not better(one))

    def only_larger(self, than: Candidate) -> bool:
        """Keep those with more room for a request; whether there are any."""
        self.ahead = _larger(self.ahead, than)
        self.passed_over = _larger(self.passed_over, than)
        return bool(self.ahead or self.passed_over)

    def can_improve(self) -> bool:
        """Whether somebody is left who is expected to answer better than the one that is being asked."""
        return bool(better(self.ahead[0], [*self.ahead[1:], *self.passed_over]))

    def only_better(self) -> None:
        """Give up the candidate that is being asked, and all that are no better."""
        asked = self.ahead[0]
        self.move_on()
        self.ahead, self.passed_over = better(asked, self.ahead), better(asked, self.passed_over)

    def _fresh(self, candidate: Candidate, admitted: Choose) -> Replica | None:
        """One that has not failed this request, if there is one."""
        return admitted(candidate, self.silent | self._tried) or admitted(candidate, self.silent)

    def _to(self, replica: Replica, *, forced: bool = False) -> Step:
        self._tried.add(replica)
        self.asked = Step(self.ahead[0], replica, forced)
        return self.asked


def _larger(candidates: Iterable[Candidate], than: Candidate) -> list[Candidate]:
    return [other for other in candidates if other.card.context_tokens > than.card.context_tokens]
