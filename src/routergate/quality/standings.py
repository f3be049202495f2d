"""How all subjects stand, and how comparisons, people and time move them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from routergate.domain.model import ModelId, TaskId
from routergate.domain.quality import (
    Comparison,
    Source,
    Stand,
    Standing,
    Subject,
    Transition,
    Trust,
)
from routergate.quality.plan import Plan
from routergate.quality.rules import Rules
from routergate.quality.watch import Hand, Step, Watch, begun, observed, put, released, stand, waited

Plans = Mapping[str, Plan]
"""By route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """That somebody moves a model by hand."""

    subject: Subject
    trust: Trust | None
    """Where to; `None`: it is let go, and evidence and time move it again."""
    said: str
    """Who, and what for."""
    at: int
    """Nanoseconds since the epoch."""


@dataclass(slots=True)
class Moves:
    """What a portion of news does to the watches."""

    plans: Plans
    watches: dict[Subject, Watch]
    changed: set[Subject] = field(default_factory=set)
    told: list[Transition] = field(default_factory=list)

    def take(self, news: Iterable[Comparison | Order]) -> None:
        """In their order; what is of a route that compares nothing any more is passed over."""
        for one in news:
            rules = self._rules(one.subject)
            if rules is None:
                continue
            if isinstance(one, Order):
                self._ordered(one, rules)
            elif usable(one, rules):
                self._keep(one.subject, observed(self._watch(one.subject, one.at), one, rules))

    def wait(self, at: int) -> None:
        """What time alone does."""
        for subject, watch in list(self.watches.items()):
            rules = self._rules(subject)
            if rules is not None and (step := waited(watch, subject, at, rules))[1] is not None:
                self._keep(subject, step)

    def _ordered(self, order: Order, rules: Rules) -> None:
        watch, trust = self._watch(order.subject, order.at), order.trust
        if trust is None:
            self._keep(order.subject, (released(watch), None))
        else:
            hand = Hand(said=order.said, at=order.at)
            self._keep(order.subject, put(watch, order.subject, trust, rules, hand))

    def _keep(self, subject: Subject, step: Step) -> None:
        self.watches[subject], told = step
        self.changed.add(subject)
        if told is not None:
            self.told.append(told)

    def _watch(self, subject: Subject, at: int) -> Watch:
        return self.watches.get(subject) or begun(at)

    def _rules(self, subject: Subject) -> Rules | None:
        plan = self.plans.get(subject.route)
        return plan.rules if plan else None


def usable(comparison: Comparison, rules: Rules) -> bool:
    """Whether it may move a model: a judge whose errors nobody knows is written down, and no more."""
    return comparison.source is not Source.JUDGE or rules.judge is not None


def standings(watches: Mapping[Subject, Watch], plans: Plans) -> Mapping[str, Standing]:
    """By route, what decisions need to know."""
    found: dict[str, dict[tuple[ModelId, TaskId], Stand]] = {}
    for subject, watch in watches.items():
        plan = plans.get(subject.route)
        if plan is not None and (how := stand(watch, plan.rules)) is not None:
            found.setdefault(subject.route, {})[subject.model, subject.task] = how
    return {route: Standing(of) for route, of in found.items()}
