"""Decision → the first candidate that answers."""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field, replace

from routergate.dispatch.balance import View, chosen
from routergate.dispatch.breaker import State
from routergate.dispatch.calls import Calls, Experience
from routergate.dispatch.checked import Begun, Checker, Spare
from routergate.dispatch.course import Choose, Course, Failure, Step
from routergate.dispatch.crowd import crowds
from routergate.dispatch.errand import Errand, nobody
from routergate.dispatch.fleet import Fleet, Loads, Replica, admitted, down, states, unwell
from routergate.dispatch.hedge import Running
from routergate.dispatch.policy import RULES, Then, pause_before_again
from routergate.dispatch.resume import Cover, Resumption, Seams, may_go_on, takes_prefill
from routergate.domain.capacity import Health
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import (
    ProviderRefused,
    StoreUnavailable,
    UpstreamError,
)
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.domain.refusals import NotAdmitted
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Kept

NOT_HERE = 404


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Asks the candidates of a decision, as the table of failures says, until one begins to answer."""

    fleet: Fleet
    chance: Callable[[], float]
    """A number from 0 to 1."""
    sleep: Callable[[float], Awaitable[None]]
    """Lets so many seconds pass."""
    checker: Checker
    seams: Seams
    experience: Experience = field(default_factory=Experience)
    loads: Loads = field(default_factory=Loads)

    async def first_answer(self, decision: Decision, cover: Cover, meter: Meter) -> Begun:
        """The first answer that begins; where the decision has a cascade, the first that passes its checks.

        `cover` holds what a candidate may cost beside so many other answers that may have to be paid, and
        says what it may be sent; one that is not admitted is passed over. If nobody answers after an answer
        was rejected, that one is given as long as it is there.

        Raises `ProviderRefused` when a provider finds the request itself at fault (asking another one
        would be asking the same), `DeadlinePassed` when its time is over during a call, and
        `AllProvidersFailed` when nobody answers.
        """
        spare = Spare(meter)
        errand = Errand(decision=decision, cover=cover, meter=meter, course=Course.of(decision), spare=spare)
        try:
            begun = await self._ask_in_turn(errand)
        except (UpstreamError, ProviderRefused):
            if (rejected := await spare.taken()) is None:
                raise
            return rejected
        except BaseException:
            await spare.close()
            raise
        return await self._unbroken(begun, errand) if may_go_on(decision) else begun

    async def _ask_in_turn(self, errand: Errand) -> Begun:
        decision, meter, course, spare = errand.decision, errand.meter, errand.course, errand.spare
        while step := self._next(course, meter):
            await meter.paused(self.sleep, course.pause)
            meter.asked = meter.clock.monotonic()
            try:
                request = await errand.cover(step.candidate, meter.beside)
                await spare.replaced()
                begun = await self._begin(step, errand, request)
                if decision.cascade is None or not course.can_improve():
                    return begun
                if passed := await self.checker.passed(begun, decision.cascade, request, meter, spare):
                    return passed
                course.only_better()
            except NotAdmitted as error:
                meter.attempted(step.candidate, error.kind, billed=False)
                course.move_on()
            except (UpstreamError, ProviderRefused) as error:
                self._learn(course, error, meter.clock.monotonic())
        raise nobody(meter, self._soonest(decision, meter.clock.monotonic()))

    async def _unbroken(self, begun: Begun, errand: Errand) -> Begun:
        """The same answer, which goes on from elsewhere if it breaks."""

        async def ask(error: UpstreamError, cover: Cover) -> Begun:
            errand.course.prefer(takes_prefill)
            self._learn(errand.course, error, errand.meter.clock.monotonic())
            return await self._ask_in_turn(errand.again(cover))

        chunks = Resumption(
            seams=self.seams, decision=errand.decision, meter=errand.meter, cover=errand.cover, ask=ask
        ).relay(begun)
        return replace(begun, first=await anext(chunks), rest=chunks)

    async def counted(self, request: ChatRequest, card: ModelCard) -> int | None:
        """Input tokens by the count of the model's provider, if it offers one."""
        return await self.fleet[card.provider][0].api.counted(request, card)

    async def kept(self, provider: ProviderId, method: str, path: str) -> Kept | None:
        """What a provider says of an answer that one of its servers keeps; `None` if it has none any more."""
        told = None
        for replica in self.fleet.get(provider, ()):
            told = await replica.api.kept(method, path)
            if told.status != NOT_HERE:
                break
        return told

    def health(self, now: float) -> Health:
        """What a decision needs to know of the providers."""
        full = crowds(self.fleet, self.loads, self.experience.gauges, now)
        return Health(down=self.down(now), crowds=full)

    def down(self, now: float) -> frozenset[ModelId]:
        """The models that nobody serves at the moment."""
        return down(self.fleet, self.experience.circuits, now)

    def unwell(self) -> frozenset[ModelId]:
        """The models that are not known to be served by anybody."""
        return unwell(self.fleet, self.experience.circuits)

    def states(self, now: float) -> dict[ProviderId, State]:
        """How the providers' circuits stand."""
        return states(self.fleet, self.experience.circuits, now)

    def _next(self, course: Course, meter: Meter) -> Step | None:
        at, limits = meter.clock.monotonic() + course.pause, course.limits
        if meter.calls >= limits.attempts or at >= meter.arrived + limits.deadline:
            return None
        step = course.next(self._choose(course, at), self._anyone(course, at))
        if step is not None and step.forced:
            course.pause += self._wish_left(step.replica, step.candidate, at)
        return step

    def _choose(self, course: Course, at: float) -> Choose:
        """Whom the circuits admit at that time."""
        circuits, view = self.experience.circuits, self._view(course, at)
        return lambda candidate, but: chosen(admitted(self.fleet, circuits, candidate.card, but, at), view)

    def _anyone(self, course: Course, at: float) -> Choose:
        """Whoever may know better than the circuits; a provider's own wish to be left alone is respected."""
        view, wait = self._view(course, at), course.limits.wait

        def choose(candidate: Candidate, but: Collection[Replica]) -> Replica | None:
            replicas = self.fleet[candidate.card.provider]
            asked = (one for one in replicas if self._wish_left(one, candidate, at) <= wait)
            return chosen((one for one in asked if one not in but), view)

        return choose

    def _view(self, course: Course, at: float) -> View:
        return View(self.loads, self.experience.gauges, course.conversation, at)

    def _wish_left(self, replica: Replica, candidate: Candidate, at: float) -> float:
        return self.experience.circuits[replica.target(candidate.card.id)].wish_left(at)

    def _soonest(self, decision: Decision, now: float) -> float | None:
        """Seconds until the first provider that is busy or asked to be left alone may be asked again."""
        wishes = (
            self._wish_left(replica, candidate, now)
            for candidate in decision.candidates
            for replica in self.fleet[candidate.card.provider]
        )
        waits = (
            self.experience.queues[candidate.card.provider].line.expected()
            for candidate in decision.candidates
        )
        return min((seconds for seconds in (*wishes, *waits) if seconds), default=None)

    async def _begin(self, step: Step, errand: Errand, request: ChatRequest) -> Begun:
        calls, after = Calls(self.experience, self.loads, self.fleet), step.candidate.hedge_after
        await calls.place(step, errand)
        # An answer that its provider keeps would be kept twice.
        if after is None or errand.resumed or request.kept:
            return await calls.begin(step, errand, request)
        return await calls.race(step, errand, request, after, lambda: self._another(calls, errand))

    async def _another(self, calls: Calls, errand: Errand) -> Running | None:
        """A call beside the one that keeps silent, if somebody can be asked at once, and paid."""
        meter, course = errand.meter, errand.course
        step = course.beside(self._choose(course, meter.clock.monotonic()))
        if step is None or meter.calls + 2 > errand.decision.limits.attempts:
            return None
        try:
            request = await errand.cover(step.candidate, meter.beside + 1)
        except (NotAdmitted, StoreUnavailable):
            return None
        return calls.beside(step, errand, request)

    def _learn(self, course: Course, error: Failure, now: float) -> None:
        """Decide what follows a failure of whom was asked last; raises it if nothing does."""
        rule, step = RULES[error.kind], course.asked
        if rule.then is Then.FINAL:
            raise error
        course.failures[error.kind] += 1
        if rule.silent:
            course.silent.add(step.replica)
        if rule.shut:
            course.silent.update(self.fleet[step.replica.provider])
        pause = self._pause(course, error, now)
        if pause is not None and self.experience.retries.spend(step.replica.provider):
            course.pause = pause
            return
        course.move_on()
        if rule.then is Then.LARGER and not course.only_larger(step.candidate):
            raise error

    def _pause(self, course: Course, error: Failure, now: float) -> float | None:
        """Seconds until the same model is asked again, if it is."""
        rule, failures = RULES[error.kind], course.failures[error.kind]
        if course.can_go_elsewhere(self._choose(course, now)):
            return 0.0 if failures <= rule.again else None
        alone, wait = course.is_alone(self._choose(course, now)), course.limits.wait
        pause = pause_before_again(
            rule, failures, error.retry_after, alone=alone, wait=wait, draw=self.chance()
        )
        if pause is None or not course.can_repeat(self._choose(course, now + pause)):
            return None
        return pause
