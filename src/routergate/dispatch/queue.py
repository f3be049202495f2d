"""A bounded queue before each provider that takes so many calls at the same time and no more."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from routergate.dispatch.line import Line, Places, Ticket
from routergate.domain.errors import ProviderBusy
from routergate.domain.model import ProviderId
from routergate.domain.turn import Priority, Turn
from routergate.ports import Clock

Told: TypeAlias = Callable[[ProviderId, Priority, float], None]
"""Hears how many seconds a request has waited before a provider, in vain or not; without raising."""


def _nobody(provider: ProviderId, priority: Priority, seconds: float) -> None:
    """Hears nothing."""


@dataclass(slots=True)
class Queue:
    """The queue before one provider. Whoever has entered leaves."""

    provider: ProviderId
    told: Told = _nobody
    line: Line = field(default_factory=Line)
    _called: dict[Ticket, asyncio.Future[None]] = field(default_factory=dict)

    async def enter(self, turn: Turn, seconds: float, clock: Clock) -> None:
        """Wait for a place, but no longer than `seconds`; raises `ProviderBusy`."""
        if self.line.take():
            return
        if (ticket := self.line.join(turn, clock.monotonic())) is None:
            raise ProviderBusy("the provider's queue is full", retry_after=self.line.expected())
        try:
            await self._wait(ticket, seconds, clock)
        finally:
            self.told(self.provider, turn.priority, clock.monotonic() - ticket.since)

    def leave(self, now: float, seconds: float | None = None) -> None:
        """A place is free for the next one; `seconds`: how long its call took, if there was one."""
        self.line.leave(seconds)
        self.serve(now)

    def serve(self, now: float) -> None:
        """Let in as many as there are places for."""
        while ticket := self.line.call(now):
            self._called.pop(ticket).set_result(None)

    async def _wait(self, ticket: Ticket, seconds: float, clock: Clock) -> None:
        # Shielded: who gives up and who is called at the same moment can be told apart afterwards.
        called = self._called[ticket] = asyncio.get_running_loop().create_future()
        longest = seconds if self.line.places is None else min(seconds, self.line.places.wait)
        try:
            async with asyncio.timeout(longest):
                await asyncio.shield(called)
        except TimeoutError:
            if not called.done():
                self._quit(ticket)
                told = "the wait in the provider's queue was too long"
                raise ProviderBusy(told, retry_after=self.line.expected()) from None
        except BaseException:
            if called.done():
                self.leave(clock.monotonic())
            else:
                self._quit(ticket)
            raise

    def _quit(self, ticket: Ticket) -> None:
        del self._called[ticket]
        self.line.quit(ticket)


@dataclass(slots=True)
class Queues:
    """Every queue of a process. They outlive a configuration, as the calls that are in them do."""

    told: Told = _nobody
    _by_provider: dict[ProviderId, Queue] = field(default_factory=dict)

    def __getitem__(self, provider: ProviderId) -> Queue:
        """The queue before a provider; before one that nobody limits there is always a place."""
        if (known := self._by_provider.get(provider)) is None:
            known = self._by_provider[provider] = Queue(provider, self.told)
        return known

    def __iter__(self) -> Iterator[Queue]:
        """All that there are."""
        return iter(self._by_provider.values())

    def take_up(self, limits: Mapping[ProviderId, Places | None], now: float) -> None:
        """What providers take from now on; whoever waits already is let in as far as that allows."""
        for provider, places in limits.items():
            queue = self[provider]
            queue.line.places, queue.told = places, self.told
            queue.serve(now)
