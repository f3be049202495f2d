"""Decision → the first candidate that answers."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import aclosing
from dataclasses import dataclass, field

from routergate.dispatch.balance import View, chosen
from routergate.dispatch.breaker import Circuits, State
from routergate.dispatch.capacity import Gauges
from routergate.dispatch.checked import Begun, Checker, Spare
from routergate.dispatch.course import Choose, Course, Failure, Step
from routergate.dispatch.crowd import crowds
from routergate.dispatch.fleet import Fleet, Loads, Replica, admitted, down, states
from routergate.dispatch.policy import RULES, Then, pause_before_again
from routergate.dispatch.queue import Queue, Queues
from routergate.dispatch.retries import Retries
from routergate.dispatch.worded import says
from routergate.domain.capacity import Health
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import (
    AllProvidersFailed,
    AllProvidersThrottled,
    DeadlinePassed,
    ProviderBusy,
    ProviderRefused,
    ProviderThrottled,
    UpstreamError,
)
from routergate.domain.model import ModelCard, ModelId, ProviderId
from routergate.domain.refusals import NotAdmitted
from routergate.domain.request import ChatRequest
from routergate.domain.turn import Turn
from routergate.meter.meter import Meter
from routergate.ports import Chunk, Kept

NOT_HERE = 404
OVER = "The time that the route gives a request is over."

LATER = frozenset({ProviderThrottled.kind, ProviderBusy.kind})
"""What a caller who comes back later may be spared."""

Cover = Callable[[Candidate, int], Awaitable[ChatRequest]]


@dataclass(frozen=True, slots=True)
class Experience:
    """What earlier requests have shown of the providers. It outlives a configuration."""

    circuits: Circuits = field(default_factory=Circuits)
    retries: Retries = field(default_factory=Retries)
    gauges: Gauges = field(default_factory=Gauges)
    queues: Queues = field(default_factory=Queues)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Asks the candidates of a decision, as the table of failures says, until one begins to answer."""

    fleet: Fleet
    chance: Callable[[], float]
    """A number from 0 to 1."""
    sleep: Callable[[float], Awaitable[None]]
    """Lets so many seconds pass."""
    checker: Checker
    experience: Experience = field(default_factory=Experience)
    loads: Loads = field(default_factory=Loads)

    async def first_answer(self, decision: Decision, cover: Cover, meter: Meter) -> Begun:
        """The first answer that begins; where the decision has a cascade, the first that passes its checks.

        `cover` holds what a candidate may cost beside so many answers that were rejected, and says what it
        may be sent; one that is not admitted is passed over. If nobody answers after an answer was rejected,
        that one is given as long as it is there.

        Raises `ProviderRefused` when a provider finds the request itself at fault (asking another one
        would be asking the same), `DeadlinePassed` when its time is over during a call, and
        `AllProvidersFailed` when nobody answers.
        """
        spare = Spare(meter)
        try:
            return await self._ask_in_turn(decision, cover, meter, spare)
        except (UpstreamError, ProviderRefused):
            if (rejected := await spare.taken()) is None:
                raise
            return rejected
        except BaseException:
            await spare.close()
            raise

    async def _ask_in_turn(self, decision: Decision, cover: Cover, meter: Meter, spare: Spare) -> Begun:
        course = Course.of(decision)
        while step := self._next(course, meter):
            await meter.paused(self.sleep, course.pause)
            meter.asked = meter.clock.monotonic()
            try:
                request = await cover(step.candidate, len(meter.rejected))
                await spare.replaced()
                begun = await self._begin(step, decision, request, meter)
                if decision.cascade is None or not course.can_improve():
                    return begun
                if passed := await self.checker.passed(begun, decision.cascade, request, meter, spare):
                    return passed
                course.only_better()
            except NotAdmitted as error:
                meter.attempted(step.candidate, error.kind, billed=False)
                course.move_on()
            except (UpstreamError, ProviderRefused) as error:
                self._learn(course, step, error, meter.clock.monotonic())
        raise _nobody(meter, self._soonest(decision, meter.clock.monotonic()))

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
        waits = (self._queue(candidate.card).line.expected() for candidate in decision.candidates)
        return min((seconds for seconds in (*wishes, *waits) if seconds), default=None)

    def _queue(self, card: ModelCard) -> Queue:
        return self.experience.queues[card.provider]

    async def _begin(self, step: Step, decision: Decision, request: ChatRequest, meter: Meter) -> Begun:
        deadline = meter.arrived + decision.limits.deadline
        await self._place(step, decision.turn, meter, deadline)
        if not meter.attempts or meter.attempts[-1].model != step.candidate.card.id:
            self.experience.retries.earn(step.replica.provider)
        chunks = self._call(step, request, meter, deadline)
        try:
            first = await anext(chunks)
        except (UpstreamError, ProviderRefused) as error:
            meter.attempted(step.candidate, error.kind, billed=error.billed)
            raise
        except BaseException:
            meter.attempted(step.candidate, "abandoned", billed=None)
            raise
        meter.answered(step.candidate, first)
        return Begun(candidate=step.candidate, first=first, rest=chunks)

    async def _place(self, step: Step, turn: Turn, meter: Meter, deadline: float) -> None:
        """Wait for a place at the provider; the call leaves it."""
        queue, left = self._queue(step.candidate.card), deadline - meter.clock.monotonic()
        try:
            await meter.queued(queue.enter(turn, left, meter.clock))
        except ProviderBusy as error:
            meter.attempted(step.candidate, error.kind, billed=error.billed)
            raise

    async def _call(
        self, step: Step, request: ChatRequest, meter: Meter, deadline: float
    ) -> AsyncGenerator[Chunk, None]:
        """One call to one server; circuit, load and queue are told how it goes."""
        clock, card, loads = meter.clock, step.candidate.card, self.loads
        circuit = self.experience.circuits[step.replica.target(card.id)]
        began = clock.monotonic()
        entry = circuit.enter(began)
        loads.begin(step.replica)
        try:
            async with aclosing(step.replica.api.answer(request, card)) as chunks:
                first = await _within(deadline - clock.monotonic(), anext(chunks))
                circuit.answered(entry, clock.monotonic())
                loads.answered(step.replica, clock.monotonic() - began, clock.monotonic())
                if first.rest is not None:
                    circuit.spent(first.rest, clock.monotonic())
                said = says(first, request.format)
                yield first
                async for chunk in chunks:
                    _check(deadline, clock.monotonic())
                    said = said or says(chunk, request.format)
                    yield chunk
            circuit.ended(entry, clock.monotonic(), well=said)
        except ProviderRefused:
            circuit.answered(entry, clock.monotonic())
            raise
        except DeadlinePassed:
            raise
        except UpstreamError as error:
            circuit.failed(entry, clock.monotonic(), error.retry_after)
            raise
        finally:
            loads.end(step.replica)
            circuit.leave(entry)
            now = clock.monotonic()
            self._queue(card).leave(now, now - began)

    def _learn(self, course: Course, step: Step, error: Failure, now: float) -> None:
        """Decide what follows a failure; raises it if nothing does."""
        rule = RULES[error.kind]
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


def _check(deadline: float, now: float) -> None:
    if now > deadline:
        raise DeadlinePassed(OVER)


async def _within(seconds: float, first: Awaitable[Chunk]) -> Chunk:
    """The first chunk, if it comes in time."""
    try:
        async with asyncio.timeout(seconds):
            return await first
    except TimeoutError:
        raise DeadlinePassed(OVER) from None


def _nobody(meter: Meter, soonest: float | None) -> AllProvidersFailed:
    """What is said when everybody has failed, or wants to be left alone."""
    said = "; ".join(f"{attempt.model}: {attempt.result}" for attempt in meter.attempts)
    if all(attempt.result in LATER for attempt in meter.attempts):
        said = said or "all of them want to be left alone"
        return AllProvidersThrottled(f"No provider answered ({said}).", retry_after=soonest)
    return AllProvidersFailed(f"No provider answered ({said}).")
