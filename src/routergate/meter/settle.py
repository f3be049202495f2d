"""Meter → usage event."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from routergate.domain.asset import FREE
from routergate.domain.decision import Candidate, Decision
from routergate.domain.event import Attempt, Outcome, Timings, UsageEvent, UsageSource
from routergate.domain.identity import Attribution, Purpose
from routergate.domain.money import Nanos
from routergate.domain.request import ChatRequest
from routergate.domain.reservation import Charge
from routergate.domain.usage import Usage
from routergate.economics.price import price
from routergate.meter.meter import Meter
from routergate.meter.seen import Reckoning, Seen
from routergate.ports import TokenCounter

NOTHING = Nanos(0)
"""What requests that no caller asked would have cost without routing: there would be none."""
EPOCH, DAY = date(1970, 1, 1).toordinal(), 86_400_000_000_000


def usage_event(
    decision: Decision,
    attribution: Attribution,
    request: ChatRequest,
    meter: Meter,
    tokens: TokenCounter,
    at: int,
) -> UsageEvent:
    """The one row that the request leaves, however it ended."""
    found = reckoned(decision, meter, tokens, at)
    reading, winner = decision.features.reading, meter.winner
    return UsageEvent(
        id=decision.id,
        at=at,
        attribution=attribution,
        route=decision.route,
        task=reading.task,
        level=reading.level.value,
        complexity=reading.complexity,
        threshold=decision.threshold,
        quality=winner.quality.mean if winner else None,
        card=winner.card if winner else None,
        streamed=request.stream,
        outcome=meter.outcome,
        attempts=found.calls,
        usage=found.usage,
        usage_source=found.source,
        cost=found.cost,
        baseline=decision.baseline.id if decision.baseline else None,
        baseline_cost=found.baseline_cost if attribution.purpose is Purpose.ANSWER else NOTHING,
        timings=_timings(meter),
        share=winner.share if winner else FREE,
        service_tier=meter.seen.service_tier if meter.seen else None,
        asked_tier=decision.features.service_tier,
        recalled=meter.recalled,
        decision=decision,
    )


def reserved_event(
    *,
    decision: Decision,
    candidate: Candidate,
    attribution: Attribution,
    request: ChatRequest,
    need: Usage,
    cost: Nanos | None,
    charges: tuple[Charge, ...] = (),
    at: int,
) -> UsageEvent:
    """The row that the request leaves if the gateway dies before it ends: as much as was set aside for it."""
    reading = decision.features.reading
    return UsageEvent(
        id=decision.id,
        at=at,
        attribution=attribution,
        route=decision.route,
        task=reading.task,
        level=reading.level.value,
        complexity=reading.complexity,
        threshold=decision.threshold,
        quality=candidate.quality.mean,
        card=candidate.card,
        streamed=request.stream,
        outcome=Outcome.ABANDONED,
        attempts=(),
        usage=need,
        usage_source=UsageSource.RESERVED,
        cost=cost,
        baseline=decision.baseline.id if decision.baseline else None,
        baseline_cost=price(decision.baseline, need, day_of(at)) if decision.baseline else None,
        timings=Timings(total=0.0, first_token=None, overhead=0.0, decision=0.0),
        charges=charges,
        share=candidate.share,
        decision=decision,
    )


def day_of(at: int) -> date:
    """The UTC day of an instant in nanoseconds since the epoch."""
    return date.fromordinal(EPOCH + at // DAY)


def reckoned(decision: Decision, meter: Meter, tokens: TokenCounter, at: int) -> Reckoning:
    """What the request comes to; worked out once for an answer that is over."""
    seen, day = meter.seen, day_of(at)
    if seen is not None and seen.reckoning is not None:
        return seen.reckoning
    usage, source = used(decision, meter, tokens)
    calls = attempts(decision, meter, tokens, day)
    cost, baseline_cost = costs(decision, meter, usage, day, calls)
    found = Reckoning(usage=usage, source=source, calls=calls, cost=cost, baseline_cost=baseline_cost)
    if seen is not None and seen.over:
        seen.reckoning = found
    return found


def used(decision: Decision, meter: Meter, tokens: TokenCounter) -> tuple[Usage | None, UsageSource]:
    """Tokens of the answer by the provider's numbers, else by counting; `None` where nobody can know."""
    if meter.seen is not None:
        return used_by(decision, meter.seen, tokens)
    if _perhaps_billed(meter):
        return None, UsageSource.COUNTED
    return Usage(), UsageSource.PROVIDER


def attempts(decision: Decision, meter: Meter, tokens: TokenCounter, day: date) -> tuple[Attempt, ...]:
    """Every call; those whose answer was paid and not given with its tokens and cost."""
    calls = list(meter.attempts)
    for number, seen in meter.rejected.items():
        usage, _ = used_by(decision, seen, tokens)
        cost = _cost(decision, seen, usage, day, meter.clock.monotonic())
        calls[number] = replace(calls[number], usage=usage, cost=cost)
    return tuple(calls)


def costs(
    decision: Decision, meter: Meter, usage: Usage | None, day: date, calls: Iterable[Attempt] = ()
) -> tuple[Nanos | None, Nanos | None]:
    """Actual and baseline cost; `None` is unknown. The baseline is taken to be served as the answer was.

    Without an answer nothing is owed, not even a fee per request, but for answers that were rejected: they
    are in the actual cost.
    """
    seen, baseline = meter.seen, decision.baseline
    rejected = [call.cost for call in calls if call.usage is not None]
    if usage is None or seen is None:
        nothing = None if usage is None else Nanos(0)
        return _sum([nothing, *rejected]), nothing if baseline else None
    asked = seen.service_tier or decision.features.service_tier
    return (
        _sum([_cost(decision, seen, usage, day, meter.clock.monotonic()), *rejected]),
        price(baseline, usage, day, asked=asked) if baseline else None,
    )


def used_by(decision: Decision, seen: Seen, tokens: TokenCounter) -> tuple[Usage, UsageSource]:
    """Tokens of one call's answer, as far as it has gone by."""
    if seen.usage is not None:
        return seen.usage, UsageSource.PROVIDER
    opening = seen.opening or Usage(input_uncached=decision.features.input_tokens)
    return replace(opening, output=seen.counted_output(tokens)), UsageSource.COUNTED


def _cost(decision: Decision, seen: Seen, usage: Usage, day: date, now: float) -> Nanos | None:
    if seen.kept:
        return Nanos(0)
    asked, seconds = decision.features.service_tier, seen.seconds(now)
    return price(seen.candidate.card, usage, day, told=seen.service_tier, asked=asked, seconds=seconds)


def _sum(costs: Sequence[Nanos | None]) -> Nanos | None:
    known = [cost for cost in costs if cost is not None]
    return Nanos(sum(known)) if len(known) == len(costs) else None


def _perhaps_billed(meter: Meter) -> bool:
    return any(attempt.billed is None for attempt in meter.attempts)


def _timings(meter: Meter) -> Timings:
    ended = meter.clock.monotonic()
    first = None if meter.first_chunk is None else meter.first_chunk - meter.arrived
    return Timings(
        total=ended - meter.arrived,
        first_token=first,
        overhead=overhead(meter),
        decision=meter.decided - meter.read,
        answer=meter.answering,
    )


def overhead(meter: Meter) -> float:
    """Seconds in the gateway before the first byte, less all waiting for the caller and for providers."""
    waited = meter.upload + meter.pauses + meter.waited
    until = meter.first_chunk if meter.first_chunk is not None else meter.clock.monotonic()
    return max(until - meter.arrived - waited, 0.0)
