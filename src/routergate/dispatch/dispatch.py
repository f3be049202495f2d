"""Decision → the first candidate that answers."""

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass

from routergate.dispatch.health import Health
from routergate.domain.decision import Candidate, Decision
from routergate.domain.errors import (
    AllProvidersFailed,
    ProviderRefused,
    ProviderThrottled,
    UpstreamError,
)
from routergate.domain.model import ProviderId
from routergate.domain.request import ChatRequest
from routergate.meter.meter import Meter
from routergate.ports import Chunk, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An answer that has begun: who gives it, its first chunk, and the rest."""

    candidate: Candidate
    first: Chunk
    rest: AsyncGenerator[Chunk, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatcher:
    """Asks the candidates of a decision in their order until one begins to answer."""

    providers: Mapping[ProviderId, Provider]
    health: Health

    async def first_answer(self, decision: Decision, request: ChatRequest, meter: Meter) -> Begun:
        """The first answer that begins.

        Raises `ProviderRefused` when a provider finds the request itself at fault (asking another one
        would be asking the same), and `AllProvidersFailed` when nobody answers.
        """
        for candidate in decision.candidates:
            meter.asked = meter.clock.monotonic()
            chunks = self.providers[candidate.card.provider].answer(request, candidate.card)
            try:
                first = await anext(chunks)
            except UpstreamError as error:
                self._failed(candidate, error, meter)
            except ProviderRefused as error:
                meter.attempted(candidate, error.kind)
                raise
            except BaseException:
                meter.attempted(candidate, "abandoned")
                raise
            else:
                self.health.succeeded(candidate.card.provider)
                meter.answered(candidate, first)
                return Begun(candidate=candidate, first=first, rest=chunks)
        raise AllProvidersFailed(_summary(meter))

    def _failed(self, candidate: Candidate, error: UpstreamError, meter: Meter) -> None:
        meter.attempted(candidate, error.kind)
        if not isinstance(error, ProviderThrottled):
            self.health.failed(candidate.card.provider, meter.clock.monotonic())


def _summary(meter: Meter) -> str:
    tried = "; ".join(f"{attempt.model}: {attempt.result}" for attempt in meter.attempts)
    return f"No provider answered ({tried})."
