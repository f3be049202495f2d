"""What is measured of requests and calls for OpenTelemetry."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from opentelemetry.metrics import Counter, Histogram, Meter

from routergate.domain.event import UsageEvent
from routergate.domain.usage import Usage
from routergate.telemetry import genai

TOKENS: Final = tuple(4.0**n for n in range(14))
SECONDS: Final = tuple(round(0.01 * 2**n, 2) for n in range(14))
FIRST_TOKEN: Final = (
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip
"""Upper bounds of buckets, as the conventions advise."""


@dataclass(frozen=True, slots=True)
class Instruments:
    """Tokens and seconds of calls; seconds and cost of requests."""

    tokens: Histogram
    calls: Histogram
    requests: Histogram
    first_token: Histogram
    cost: Counter

    @classmethod
    def of(cls, meter: Meter) -> Self:
        """The names and units of the conventions, and one of our own."""

        def histogram(name: str, unit: str, bounds: tuple[float, ...], what: str) -> Histogram:
            return meter.create_histogram(name, unit, what, explicit_bucket_boundaries_advisory=bounds)

        return cls(
            histogram("gen_ai.client.token.usage", "{token}", TOKENS, "Tokens of one call."),
            histogram("gen_ai.client.operation.duration", "s", SECONDS, "One call to a provider."),
            histogram("gen_ai.server.request.duration", "s", SECONDS, "One request, to its last byte."),
            histogram("gen_ai.server.time_to_first_token", "s", FIRST_TOKEN, "Until a stream began."),
            meter.create_counter("routergate.cost", "{USD}", "What requests cost, where it is known."),
        )

    def called(self, call: Mapping[str, genai.Attribute], usage: Usage | None, seconds: float) -> None:
        """Count one call to a provider."""
        self.calls.record(seconds, call)
        if usage is not None:
            self.tokens.record(usage.input_total, {**call, "gen_ai.token.type": "input"})
            self.tokens.record(usage.output_total, {**call, "gen_ai.token.type": "output"})

    def count(self, event: UsageEvent) -> None:
        """Count one request."""
        served = genai.served(event)
        self.requests.record(event.timings.total, served)
        if event.streamed and event.timings.first_token is not None:
            self.first_token.record(event.timings.first_token, served)
        for basis, amount in (("marginal", genai.usd(event.cost)), ("loaded", genai.usd(event.loaded))):
            if amount is not None:
                self.cost.add(amount, {**served, "routergate.cost.basis": basis})
