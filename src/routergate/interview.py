"""Asking models by name as the gateway would, for commands: no key, no budget, no row in the ledger."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any

from routergate.api.caller import read_call
from routergate.app import SystemClock, dispatcher, router
from routergate.config.spec import Config
from routergate.deciding import Call, Router
from routergate.dispatch.calls import Experience
from routergate.dispatch.dispatch import Dispatcher
from routergate.domain.capacity import Health
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import ClientError
from routergate.domain.identity import Identity
from routergate.domain.money import Nanos
from routergate.domain.request import ChatRequest, limited
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.evaluation.rivals import Asking, Reply
from routergate.ledger.lengths import LearnedLengths
from routergate.ledger.volumes import LearnedVolumes
from routergate.meter.meter import Meter
from routergate.meter.settle import attempts, costs, day_of, used
from routergate.ports import Chunk, Clock, TokenCounter
from routergate.providers.reading import ChatReader
from routergate.servers import client_session, fleet
from routergate.tokens import TiktokenCounter
from routergate.tokens import load as load_tokens

NOBODY = Identity(key="interview", organisation="interview")
OFF = 1.25
"""How many times our count of the input may be too small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sendable:
    """A request, and what the router makes of it."""

    call: Call
    decision: Decision | None
    """`None`: the model cannot take it."""
    task: str
    output_tokens: int
    most: Nanos | None

    @property
    def quality(self) -> float | None:
        """Expected."""
        return self.decision.chosen.quality.mean if self.decision else None

    @property
    def expected(self) -> Nanos | None:
        """What it is expected to cost; what is not sent costs nothing."""
        return self.decision.chosen.cost if self.decision else Nanos(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Interview:
    """A configuration's models at hand."""

    router: Router
    dispatcher: Dispatcher
    clock: Clock
    most_output: int
    """Tokens that an answer may have."""

    async def prepare(self, model: str, body: Mapping[str, Any]) -> Sendable:
        """What asking would come to; nobody is asked."""
        call = read_call(NOBODY, {}, json.dumps({**body, "model": model}).encode())
        most = min(self.most_output, call.request.max_output_tokens or self.most_output)
        call = Call(request=limited(call.request, most), attribution=call.attribution, wishes=call.wishes)
        try:
            decision = await self.router.decide("interview", call, self.clock.epoch_ns(), Health())
        except ClientError:
            return Sendable(call=call, decision=None, task="unknown", output_tokens=0, most=Nanos(0))
        return Sendable(
            call=call,
            decision=decision,
            task=decision.features.reading.task,
            output_tokens=min(decision.chosen.output_tokens, most),
            most=self._most(decision, most),
        )

    async def ask(self, prepared: Sendable) -> Reply:
        """The whole answer; raises `UpstreamError` if none is to be had now."""
        decision, request = prepared.decision, prepared.call.request
        if decision is None:
            return Reply(text=None, cost=Nanos(0), seconds=0.0)
        meter = Meter(self.clock, self.clock.monotonic())
        try:
            text = await self._said(decision, request, meter)
        except ClientError:
            text = None
        return Reply(
            text=text, cost=self._cost(decision, meter), seconds=self.clock.monotonic() - meter.arrived
        )

    async def _said(self, decision: Decision, request: ChatRequest, meter: Meter) -> str:
        async def cover(_: Candidate, __: int) -> ChatRequest:
            return request

        begun = await self.dispatcher.first_answer(decision, cover, meter)
        chunks: list[Chunk] = []
        async with aclosing(begun.rest), aclosing(meter.watch(begun.first, begun.rest)) as seen:
            chunks.extend([chunk async for chunk in seen])
        return "".join(one.text for one in ChatReader().said(chunks))

    def _cost(self, decision: Decision, meter: Meter) -> Nanos | None:
        tokens, day = self.router.tokens, day_of(self.clock.epoch_ns())
        usage, _ = used(decision, meter, tokens)
        return costs(decision, meter, usage, day, attempts(decision, meter, tokens, day))[0]

    def _most(self, decision: Decision, output: int) -> Nanos | None:
        need = Usage(input_uncached=ceil(decision.features.input_tokens * OFF), output=output)
        return price(decision.chosen.card, need, day_of(self.clock.epoch_ns()))


@asynccontextmanager
async def interviewing(config: Config, most_output: int) -> AsyncIterator[Interview]:
    """Open to all models of a configuration."""
    counter: TokenCounter = TiktokenCounter(await asyncio.to_thread(load_tokens))
    async with client_session() as session:
        servers = await fleet(config.providers, session)
        yield Interview(
            router=router(config, counter, LearnedLengths(), LearnedVolumes()),
            dispatcher=dispatcher(servers, counter, Experience()),
            clock=SystemClock(),
            most_output=most_output,
        )


_: type[Asking] = Interview
