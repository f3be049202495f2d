"""Which answers are compared: drawn when they have been given, and kept in memory until it is their turn."""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace

from routergate.domain.decision import Why
from routergate.domain.event import UsageEvent
from routergate.domain.feedback import Feedback
from routergate.domain.model import Capability, ModelId, TaskId
from routergate.domain.quality import EVERY, Comparison, Source, Subject
from routergate.domain.request import ChatRequest
from routergate.ports import Onlooker
from routergate.quality.plan import Plan
from routergate.quality.sampling import chosen
from routergate.quality.standings import Plans
from routergate.trusting import Trusts

WAITING = 200
"""Samples that wait at most; further ones are left out, whatever their answers are like."""
REMEMBERED = 5_000
"""Answers whose models are still known when feedback comes."""
Count = Callable[[str, str, str], None]
"""Told route, model and result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A request and its answer. In memory only."""

    plan: Plan
    request: ChatRequest = field(repr=False)
    event: UsageEvent
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A request for which a model is compared: the one that answered, or one that might have."""

    of: Answered
    subject: Subject
    inclusion: float


class Samples:
    """What is drawn to be compared, until somebody has the time."""

    def __init__(self, chance: Callable[[], float], trusts: Trusts, count: Count) -> None:
        self.plans: Plans = {}
        self.waiting: asyncio.Queue[Sample] = asyncio.Queue(WAITING)
        self._chance = chance
        self._trusts = trusts
        self._count = count
        self._known: dict[str, Subject] = {}

    def saw(self, request: ChatRequest, event: UsageEvent, text: str | None) -> None:
        """Draw for each model that the answer says something of."""
        plan = self.plans.get(event.route)
        if plan is None:
            return
        self._remember(event)
        if not text or not _comparable(request, event):
            return
        answered = Answered(plan=plan, request=request, event=event, text=text)
        for model in _compared(event, plan):
            self._draw(answered, Subject(route=event.route, model=model, task=TaskId(event.task)))

    def volunteered(self, said: Iterable[Feedback], at: int) -> Iterator[Comparison]:
        """What feedback says of models; of answers that others gave, or long ago, nobody knows here."""
        for one in said:
            if (subject := self._known.get(one.decision)) is not None:
                told = Comparison(
                    subject=subject,
                    source=Source.USER,
                    outcome=one.rating,
                    weight=min(one.weight, 1.0),
                    inclusion=None,
                    at=at,
                )
                yield from (told, told.at_large)

    def _remember(self, event: UsageEvent) -> None:
        if event.card is None:
            return
        self._known[event.id] = Subject(route=event.route, model=event.card.id, task=TaskId(event.task))
        if len(self._known) > REMEMBERED:
            del self._known[next(iter(self._known))]

    def _draw(self, answered: Answered, subject: Subject) -> None:
        probability = answered.plan.inclusion(*self._trusts.of(subject, replace(subject, task=EVERY)))
        if not chosen(probability, self._chance()):
            return
        try:
            self.waiting.put_nowait(Sample(of=answered, subject=subject, inclusion=probability))
        except asyncio.QueueFull:
            self._count(subject.route, subject.model, "dropped")


_: type[Onlooker] = Samples


class Nobody:
    """Compares nothing."""

    def saw(self, request: ChatRequest, event: UsageEvent, text: str | None) -> None:
        """Nothing follows."""


__: type[Onlooker] = Nobody


def _comparable(request: ChatRequest, event: UsageEvent) -> bool:
    """Whether another model could be asked the same, and its answer is a text."""
    alone = request.follows is None and not request.kept and not request.hidden
    plain = request.choices == 1 and Capability.TOOLS not in request.needs
    return alone and plain and event.card is not None


def _compared(event: UsageEvent, plan: Plan) -> Iterator[ModelId]:
    """Who answered; and whoever would have been asked, but is not trusted at the moment."""
    if event.card is not None and event.card.id != plan.against:
        yield event.card.id
    for rejection in event.decision.rejected if event.decision else ():
        if rejection.why is Why.QUALITY and rejection.model != plan.against:
            yield rejection.model
