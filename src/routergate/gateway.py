"""The way of one request, on one page."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass

from routergate.deciding import Call, Router
from routergate.dispatch.captured import captured
from routergate.dispatch.checked import Begun
from routergate.dispatch.dispatch import Dispatcher
from routergate.dispatch.guarded import guarded
from routergate.dispatch.recall import Recall
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import UnknownResponse
from routergate.domain.event import Outcome, UsageEvent, UsageSource
from routergate.domain.exchange import Exchange
from routergate.domain.identity import Identity
from routergate.domain.model import ProviderId
from routergate.domain.money import Nanos
from routergate.meter.meter import Meter
from routergate.meter.settle import overhead, reckoned, usage_event
from routergate.ports import (
    Cache,
    Capture,
    Chunk,
    Clock,
    Guards,
    Homes,
    Kept,
    Keyring,
    Onlooker,
    Telemetry,
)
from routergate.route.named import policy_of
from routergate.spend.reservation import Reservation, Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A request at the door: nobody knows yet whose it is, and nobody has read its body."""

    id: str
    token: str | None
    peer: str | None
    """The address that it comes from."""
    receive: Callable[[], Awaitable[bytes]]
    """Its body; raises `ClientError`."""
    parse: Callable[[Identity, bytes], Call]
    """What it says, for a caller; raises `ClientError`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """One configuration at work. A reload makes another one; running requests end under theirs."""

    keyring: Keyring
    router: Router
    dispatcher: Dispatcher
    homes: Homes
    cache: Cache
    guards: Guards
    capture: Capture
    till: Till
    telemetry: Telemetry
    clock: Clock
    onlooker: Onlooker

    @asynccontextmanager
    async def chat(self, incoming: Incoming) -> AsyncIterator["Answer"]:
        """Answer one chat completion. Once it is routed it leaves exactly one usage event."""
        at, meter = self.clock.epoch_ns(), Meter(self.clock, self.clock.monotonic())
        caller = await self.keyring.identify(incoming.token, incoming.peer)
        call = await self._call(incoming, caller, await meter.uploaded(incoming.receive()))
        meter.read = self.clock.monotonic()
        decision = await self._decide(incoming.id, call, at)
        meter.decided = self.clock.monotonic()
        reservation = self.till.reservation(decision, call.attribution, call.request, at)
        recall = Recall(self.cache, decision, call.request, caller, incoming.token or "", call.wishes)
        try:
            begun = await self._begin(recall, reservation, meter)
            rest = recall.noted(begun, meter, shortened=reservation.shortened)
            seen = meter.watch(begun.first, rest)
            async with (
                aclosing(begun.rest),
                aclosing(rest),
                aclosing(seen),
                aclosing(reservation.within(seen, meter, self.router.tokens)) as chunks,
            ):
                await self._remember(call, begun)
                given = await guarded(self.guards, decision.route, call.request.format, chunks)
                kept = captured(self.capture, self._exchange(call, reservation, begun, at), given)
                async with aclosing(kept) as relayed:
                    yield Answer(
                        gateway=self,
                        call=call,
                        reservation=reservation,
                        winner=begun.candidate,
                        meter=meter,
                        chunks=relayed,
                        at=at,
                    )
        except BaseException as error:
            meter.failed(error)
            raise
        finally:
            if not reservation.refused:
                self._book(call, reservation, meter, at)

    def _exchange(self, call: Call, reservation: Reservation, begun: Begun, at: int) -> Exchange:
        return Exchange(
            request=call.request,
            attribution=call.attribution,
            decision=reservation.decision,
            model=begun.candidate.card.id,
            at=at,
            unkept=call.wishes.unkept,
        )

    async def route(self, incoming: Incoming) -> Decision:
        """The decision without the call."""
        caller = await self.keyring.identify(incoming.token, incoming.peer)
        call = await self._call(incoming, caller, await incoming.receive())
        return await self._decide(incoming.id, call, self.clock.epoch_ns())

    async def count(self, incoming: Incoming) -> int:
        """Input tokens of a request, by the count of the provider that would be asked, or else by ours."""
        caller = await self.keyring.identify(incoming.token, incoming.peer)
        call = await self._call(incoming, caller, await incoming.receive())
        decision = await self._decide(incoming.id, call, self.clock.epoch_ns())
        counted = await self.dispatcher.counted(call.request, decision.chosen.card)
        return decision.features.input_tokens if counted is None else counted

    async def kept(self, caller: Identity, answer_id: str, method: str, path: str) -> Kept:
        """What the provider that keeps an answer of the caller's organisation says of it."""
        home = await self.homes.of(caller.organisation, answer_id)
        told = None if home is None else await self.dispatcher.kept(home, method, path)
        if told is None:
            raise UnknownResponse(f"No response '{answer_id}' is kept.", param="response_id")
        return told

    async def _call(self, incoming: Incoming, caller: Identity, body: bytes) -> Call:
        """What is asked, as the guardrails of its route leave it."""
        call = incoming.parse(caller, body)
        route = policy_of(self.router.catalogue, call.request.model, call.wishes).id
        rewritten = await self.guards.before(route, body)
        return call if rewritten is None else incoming.parse(caller, rewritten)

    def _book(self, call: Call, reservation: Reservation, meter: Meter, at: int) -> None:
        """The one event, with what it charges."""
        event = usage_event(
            reservation.decision, call.attribution, call.request, meter, self.router.tokens, at
        )
        event = reservation.settled(event)
        self._learn(reservation.decision, event, call.request.choices)
        self.till.ledger.settle(event)
        self.telemetry.record(event)
        self.onlooker.saw(call.request, event, meter.text)

    async def _begin(self, recall: Recall, reservation: Reservation, meter: Meter) -> Begun:
        """The kept answer, for which nothing is due, or else the first that begins."""
        if (again := await recall.found(meter)) is not None:
            await reservation.waive(again.candidate)
            return again
        await reservation.admit()
        return await self.dispatcher.first_answer(reservation.decision, reservation.cover, meter)

    async def _decide(self, request_id: str, call: Call, at: int) -> Decision:
        health = self.dispatcher.health(self.clock.monotonic())
        return await self.router.decide(request_id, call, at, health, await self._home(call))

    async def _home(self, call: Call) -> ProviderId | None:
        """The provider that has the answer from which the request goes on, if it goes on from one."""
        if (follows := call.request.follows) is None:
            return None
        home = await self.homes.of(call.attribution.identity.organisation, follows)
        if home is None:
            raise UnknownResponse(f"No response '{follows}' is kept.", param="previous_response_id")
        return home

    async def _remember(self, call: Call, begun: Begun) -> None:
        if call.request.kept and begun.first.answer_id is not None:
            organisation, provider = call.attribution.identity.organisation, begun.candidate.card.provider
            await self.homes.remember(organisation, begun.first.answer_id, provider)

    def _learn(self, decision: Decision, event: UsageEvent, choices: int) -> None:
        """How soon the model begins; how much it writes, from whole answers that the provider counted.

        And how many requests it has, if it has fixed costs to spread over them.
        """
        self.router.recent.observe(decision, event)
        whole = event.outcome is Outcome.OK and event.usage_source is UsageSource.PROVIDER
        if whole and event.card is not None and event.usage is not None:
            each = round(event.usage.output_total / choices)
            self.router.lengths.observe(event.card.id, event.task, each)
        if event.card is not None and event.card.asset is not None:
            self.router.volumes.observe(event.card.id, event.at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer that has begun: who gives it, why, and its chunks."""

    gateway: Gateway
    call: Call
    reservation: Reservation
    winner: Candidate
    meter: Meter
    chunks: AsyncGenerator[Chunk, None]
    at: int

    @property
    def decision(self) -> Decision:
        """Why, as budgets have left it."""
        return self.reservation.decision

    @property
    def overhead(self) -> float:
        """Seconds that the gateway itself has taken so far."""
        return overhead(self.meter)

    @property
    def written(self) -> int:
        """Output tokens so far, by our count."""
        return self.meter.counted_output(self.gateway.router.tokens)

    def costs(self) -> tuple[Nanos | None, Nanos | None]:
        """Actual and baseline cost of what has gone by; `None` is unknown."""
        found = reckoned(self.decision, self.meter, self.gateway.router.tokens, self.at)
        return found.cost, found.baseline_cost
