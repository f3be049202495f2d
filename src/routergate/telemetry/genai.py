"""What spans and metrics say of requests, in the words of OpenTelemetry's GenAI conventions.

The conventions are those of version 1.44, which are not stable yet; names change here and nowhere else. There
is no prompt, no answer, no key and no name of an end customer among the attributes.
"""

from collections.abc import Mapping
from typing import Final

from routergate.domain.event import Outcome, UsageEvent
from routergate.domain.format import Format
from routergate.domain.model import ModelCard
from routergate.domain.money import NANOS_PER_USD, Nanos
from routergate.domain.request import ChatRequest
from routergate.domain.usage import Usage

SCHEMA: Final = "https://opentelemetry.io/schemas/1.44.0"

Attribute = str | int | float | bool

OPERATIONS: Final[Mapping[Format, str]] = {
    Format.CHAT: "chat",
    Format.MESSAGES: "chat",
    Format.RESPONSES: "chat",
    Format.COMPLETIONS: "text_completion",
    Format.EMBEDDINGS: "embeddings",
}
PATHS: Final[Mapping[str, Format]] = {
    "/v1/chat/completions": Format.CHAT,
    "/v1/completions": Format.COMPLETIONS,
    "/v1/embeddings": Format.EMBEDDINGS,
    "/v1/messages": Format.MESSAGES,
    "/v1/responses": Format.RESPONSES,
}


def operation(path: str) -> dict[str, Attribute]:
    """What is asked for at a path, if it is an answer."""
    return {"gen_ai.operation.name": OPERATIONS[PATHS[path]]} if path in PATHS else {}


def asked(request: ChatRequest, card: ModelCard, provider: str) -> dict[str, Attribute]:
    """One call, before it is made."""
    return _known(
        {
            "gen_ai.operation.name": OPERATIONS[request.format],
            "gen_ai.provider.name": provider,
            "gen_ai.request.model": card.upstream,
            "gen_ai.request.stream": request.stream,
            "gen_ai.request.max_tokens": request.max_output_tokens,
            "gen_ai.request.choice.count": request.choices if request.choices != 1 else None,
            "routergate.model": card.id,
        }
    )


def used(usage: Usage) -> dict[str, Attribute]:
    """Tokens as the conventions have them: the cache is a part of the input, thoughts are of the output."""
    return {
        "gen_ai.usage.input_tokens": usage.input_total,
        "gen_ai.usage.output_tokens": usage.output_total,
        "gen_ai.usage.cache_read.input_tokens": usage.cache_read,
        "gen_ai.usage.cache_creation.input_tokens": usage.cache_write + usage.cache_write_1h,
        "gen_ai.usage.reasoning.output_tokens": usage.reasoning,
    }


def told(event: UsageEvent) -> dict[str, Attribute]:
    """What became of a request. What is unknown is left out, and is not zero."""
    who = event.attribution
    return _known(
        {
            **served(event),
            **({} if event.usage is None else used(event.usage)),
            "gen_ai.request.stream": event.streamed,
            "gen_ai.response.time_to_first_chunk": event.timings.first_token if event.streamed else None,
            "routergate.request.id": event.id,
            "routergate.route": event.route,
            "routergate.task": event.task,
            "routergate.complexity": event.complexity,
            "routergate.threshold": event.threshold,
            "routergate.quality": event.quality,
            "routergate.outcome": event.outcome.value,
            "routergate.attempts": len(event.attempts),
            "routergate.cached": event.cached,
            "routergate.cost_usd": usd(event.cost),
            "routergate.loaded_cost_usd": usd(event.loaded),
            "routergate.baseline_cost_usd": usd(event.baseline_cost),
            "routergate.overhead": event.timings.overhead,
            "routergate.organisation": who.identity.organisation,
            "routergate.team": who.identity.team,
            "routergate.feature": who.feature,
        }
    )


def served(event: UsageEvent) -> dict[str, Attribute]:
    """Whom a request was for, and who answered it: few values, for metrics."""
    failed = None if event.outcome is Outcome.OK else event.outcome.value
    told = _known({"gen_ai.request.model": event.route, "error.type": failed})
    if event.card is None:
        return told
    return {
        **told,
        "gen_ai.response.model": event.card.upstream,
        "gen_ai.provider.name": event.card.provider,
        "routergate.model": event.card.id,
        "routergate.class": event.card.model_class.value,
    }


def usd(amount: Nanos | None) -> float | None:
    """Dollars, for looking at: a float, which no bill is made from."""
    return None if amount is None else amount / NANOS_PER_USD


def _known(facts: Mapping[str, Attribute | None]) -> dict[str, Attribute]:
    return {name: value for name, value in facts.items() if value is not None}
