"""Calls to servers: one, or two at the same time."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

from routergate.dispatch.breaker import Circuits
from routergate.dispatch.capacity import Gauges
from routergate.dispatch.checked import Begun
from routergate.dispatch.course import Step
from routergate.dispatch.errand import Errand, check, within, without_beginning
from routergate.dispatch.fleet import Fleet, Loads, peers
from routergate.dispatch.hedge import ABANDONED, Race, Running
from routergate.dispatch.outliers import Beginning, Paces
from routergate.dispatch.queue import Queue, Queues
from routergate.dispatch.retries import Retries
from routergate.dispatch.worded import says
from routergate.domain.capacity import Load
from routergate.domain.errors import (
    DeadlinePassed,
    PrefillRefused,
    ProviderBusy,
    ProviderRefused,
    UpstreamError,
)
from routergate.domain.request import ChatRequest
from routergate.ports import Chunk


@dataclass(frozen=True, slots=True)
class Experience:
    """What earlier requests have shown of the providers. It outlives a configuration."""

    circuits: Circuits = field(default_factory=Circuits)
    retries: Retries = field(default_factory=Retries)
    gauges: Gauges = field(default_factory=Gauges)
    queues: Queues = field(default_factory=Queues)
    paces: Paces = field(default_factory=Paces)


@dataclass(frozen=True, slots=True)
class Calls:
    """How they are made: circuits, loads, purses and queues are told of them."""

    experience: Experience
    loads: Loads
    fleet: Fleet

    async def place(self, step: Step, errand: Errand) -> None:
        """Wait for a place at the provider; the call leaves it. Raises `ProviderBusy`."""
        meter = errand.meter
        left = errand.deadline - meter.clock.monotonic()
        try:
            await meter.queued(self._queue(step).enter(errand.decision.turn, left, meter.clock))
        except ProviderBusy as error:
            meter.attempted(step.candidate, error.kind, billed=error.billed)
            raise
        if not meter.attempts or meter.attempts[-1].model != step.candidate.card.id:
            self.experience.retries.earn(step.replica.provider)

    async def begin(self, step: Step, errand: Errand, request: ChatRequest) -> Begun:
        """The beginning of an answer; raises `UpstreamError` or `ProviderRefused`."""
        meter = errand.meter
        with meter.calling():
            chunks = self._call(step, errand, request)
            try:
                first = await anext(chunks)
            except ProviderRefused as error:
                if request.prefill:
                    meter.attempted(step.candidate, PrefillRefused.kind, billed=PrefillRefused.billed)
                    raise without_beginning(error) from error
                meter.attempted(step.candidate, error.kind, billed=error.billed)
                raise
            except UpstreamError as error:
                meter.attempted(step.candidate, error.kind, billed=error.billed)
                raise
            except BaseException:
                meter.attempted(step.candidate, ABANDONED, billed=None)
                raise
            meter.answered(step.candidate, first)
        return Begun(candidate=step.candidate, first=first, rest=chunks)

    async def race(
        self,
        step: Step,
        errand: Errand,
        request: ChatRequest,
        after: float,
        another: Callable[[], Awaitable[Running | None]],
    ) -> Begun:
        """The same, with `another` call beside it `after` so many seconds of silence."""
        meter = errand.meter
        with meter.calling():
            first = Running.of(step, self._call(step, errand, request), meter.asked)
            return await Race(errand.course, meter, [first]).won(after, another)

    def beside(self, step: Step, errand: Errand, request: ChatRequest) -> Running | None:
        """A call beside another one, if its provider has a place for it and a retry in its purse."""
        queue, now = self._queue(step), errand.meter.clock.monotonic()
        if not queue.line.take():
            return None
        if not self.experience.retries.spend(step.replica.provider):
            queue.leave(now)
            return None
        return Running.of(step, self._call(step, errand, request), now, hedge=True)

    def _queue(self, step: Step) -> Queue:
        return self.experience.queues[step.replica.provider]

    def _glance(self, step: Step, request: ChatRequest, load: Load, now: float) -> None:
        """How full the server is, which has done with an answer that is not streamed."""
        ours = self.loads.running(step.replica) - (not request.stream)
        self.experience.gauges.glance(step.replica.server, load, ours, now)

    def _late(self, step: Step, request: ChatRequest, began: float, now: float) -> bool:
        """Whether an answer that begins now shows its server to be late, where somebody wants to know."""
        replica, model = step.replica, step.candidate.card.id
        if replica.outliers is None:
            return False
        beginning = Beginning(
            target=replica.target(model),
            peers=peers(self.fleet, replica, model),
            streamed=request.stream,
            seconds=now - began,
            at=now,
        )
        return self.experience.paces.late(beginning, self.experience.circuits, replica.outliers)

    async def _call(self, step: Step, errand: Errand, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """One call to one server; circuit, load and queue are told how it goes."""
        clock, card, deadline = errand.meter.clock, step.candidate.card, errand.deadline
        circuit = self.experience.circuits[step.replica.target(card.id)]
        began = clock.monotonic()
        entry = circuit.enter(began)
        self.loads.begin(step.replica)
        try:
            async with aclosing(step.replica.api.answer(request, card)) as chunks:
                first = await within(deadline - clock.monotonic(), anext(chunks))
                now = clock.monotonic()
                self.loads.answered(step.replica, now - began, now)
                circuit.answered(entry, now, late=self._late(step, request, began, now))
                if first.rest is not None:
                    circuit.spent(first.rest, now)
                if first.load is not None:
                    self._glance(step, request, first.load, now)
                said = says(first, request.format)
                yield first
                async for chunk in chunks:
                    check(deadline, clock.monotonic())
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
            self.loads.end(step.replica)
            circuit.leave(entry)
            now = clock.monotonic()
            self._queue(step).leave(now, now - began)
