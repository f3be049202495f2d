"""The usage event as it is written: one flat row, as JSON.

Rows hold text, numbers and each other, and never a cycle: the garbage collector need not look at them.
"""

from collections.abc import Iterator, Mapping
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec

from routergate.domain.asset import Loaded
from routergate.domain.event import Attempt, Timings, UsageEvent
from routergate.domain.identity import Purpose
from routergate.domain.reservation import Kind
from routergate.domain.usage import KINDS
from routergate.ledger.decided import CandidateRow, decided
from routergate.ledger.names import counter_name


class AttemptRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One call to one provider."""

    model: str
    provider: str
    result: str
    seconds: float
    billed: bool | None = None
    """Unknown in rows from before it was written down, too."""
    input_tokens: int | None = None
    """As the next two: of an answer that was paid and not given. In the row's cost, not in its tokens."""
    output_tokens: int | None = None
    cost_nanos: int | None = None


class ChargeRow(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the request added to one budget's counter."""

    counter: str
    """Scope, value, measure, window and which of them, as a JSON list."""
    amount: int


class EventRow(msgspec.Struct, frozen=True, kw_only=True, gc=False, rename={"model_class": "class"}):
    """One request, flat. `None` is unknown, never zero; money is in nano-dollars, time in seconds."""

    v: int = 1
    """Of this layout. Fields may be added under the same number, never changed or taken away."""
    kind: str = "event"
    """`event`: a request. `reversal`, `correction`: what was booked for it is taken back, and booked anew.
    `duplicate`: it was booked before, and nothing is booked. `accrual`: no request, but what a month's
    requests have borne of a model's fixed costs too little, or too much. `feedback`: no request, but what
    somebody says of the answer to one. `revenue`: no request, but what a feature or a customer earned.
    `shadow`, `judge`: a request that no caller has asked, made to compare answers; what it cost is overhead.
    `comparison`: no request, but how good an answer was beside another one."""
    requests: int = 1
    """What the row counts as: -1 in a reversal, whose amounts are negative too; 0 in others than these."""
    id: str
    at: int
    """Arrival, nanoseconds since the epoch."""
    organisation: str
    team: str | None
    key: str
    customer: str | None
    feature: str | None
    session: str | None
    tags: tuple[str, ...]
    route: str
    task: str
    level: str
    complexity: float
    threshold: float
    quality: float | None
    model: str | None
    provider: str | None
    model_class: str | None
    streamed: bool
    outcome: str
    attempts: tuple[AttemptRow, ...]
    input_uncached: int | None
    cache_read: int | None
    cache_write: int | None
    cache_write_1h: int | None = None
    """Rows from before this bucket have these tokens in `cache_write`."""
    output: int | None
    reasoning: int | None
    audio_input: int | None
    audio_output: int | None
    usage_source: str
    cost_nanos: int | None
    baseline: str | None
    baseline_cost_nanos: int | None
    total_seconds: float
    first_token_seconds: float | None
    overhead_seconds: float
    decision_seconds: float
    charges: tuple[ChargeRow, ...] = ()
    hosting_nanos: int | None = None
    """The share of fixed costs, by component. Rows from before these columns do not know it."""
    depreciation_nanos: int | None = None
    maintenance_nanos: int | None = None
    loaded_cost_nanos: int | None = None
    """Cost and share together."""
    service_tier: str | None = None
    """By the answer's own account."""
    asked_tier: str | None = None
    """That the request named; empty: none. `None`: the row is from before it was written down."""
    answer_seconds: float | None = None
    input_tokens: int | None = None
    """As counted before the request was sent. From here on: what it was decided on, so that it can be decided
    again. `None`: the row is from before it was written down."""
    max_output_tokens: int | None = None
    choices: int | None = None
    needs: tuple[str, ...] | None = None
    format: str | None = None
    language: str | None = None
    domain: str | None = None
    baseline_quality: float | None = None
    """The baseline's own probability of an acceptable answer."""
    candidates: tuple[CandidateRow, ...] | None = None
    """In the order in which they were to be tried; then those that were left out."""
    arm: str | None = None
    """`routed` or `baseline`, by chance alone; `None`: nothing was held out, or the baseline could not."""
    propensity: float | None = None
    """How probable that arm was."""
    latent: str | None = None
    """What the estimator read: numbers with no way back to the text (`packed`)."""
    estimator: str | None = None
    """Which reading those numbers are of."""
    decision: str | None = None
    """Of feedback, as the next four: the request that it is about."""
    rating: float | None = None
    """0 to 1."""
    rating_source: str | None = None
    rating_weight: float | None = None
    rating_outcome: str | None = None
    cached: bool | None = None
    """Whether a kept answer was given, at no cost: the tokens are those of the first time. `None`: the row is
    from before it was written down."""
    revenue_nanos: int | None = None
    """Of revenue: what was earned on the day; its note is its tag."""


LARGEST = 2**53
"""Tokens or nano-dollars (9 million USD) of one request: readers of JSON are exact up to here, and a day's
sum of such amounts is far from the end of the store's counters."""
SHARES = ("hosting_nanos", "depreciation_nanos", "maintenance_nanos")
"""The components of fixed costs."""
AMOUNTS = (*KINDS, "cost_nanos", "baseline_cost_nanos", *SHARES, "loaded_cost_nanos", "revenue_nanos")
"""What a row has of tokens and nano-dollars."""
_amounts = attrgetter(*AMOUNTS)
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(EventRow)
_NO_SHARE: Mapping[str, None] = MappingProxyType(dict.fromkeys(SHARES))
NO_USAGE: Mapping[str, Any] = MappingProxyType(dict.fromkeys(KINDS))
"""The columns of tokens, where nobody knows or there are none."""


def row(event: UsageEvent, columns: Mapping[str, Any] | None = None) -> EventRow:
    """The event without its nesting; `columns` are those of its decision, where somebody has them already."""
    attribution, card = event.attribution, event.card
    identity = attribution.identity
    return EventRow(
        kind=attribution.purpose.value,
        requests=int(attribution.purpose is Purpose.ANSWER),
        id=event.id,
        at=event.at,
        organisation=identity.organisation,
        team=identity.team,
        key=identity.key,
        customer=_clean(attribution.customer),
        feature=_clean(attribution.feature),
        session=_clean(attribution.session),
        tags=tuple(_clean(tag) or "" for tag in attribution.tags),
        route=event.route,
        task=event.task,
        level=event.level,
        complexity=event.complexity,
        threshold=event.threshold,
        quality=event.quality,
        model=card.id if card else None,
        provider=card.provider if card else None,
        model_class=card.model_class.value if card else None,
        streamed=event.streamed,
        outcome=event.outcome.value,
        attempts=tuple(map(_attempt, event.attempts)),
        **(event.usage.by_kind() if event.usage else NO_USAGE),
        usage_source=event.usage_source.value,
        cost_nanos=event.cost,
        baseline=event.baseline,
        baseline_cost_nanos=event.baseline_cost,
        **_seconds(event.timings),
        charges=tuple(_charges(event)),
        **shares(event.share),
        loaded_cost_nanos=event.loaded,
        service_tier=_clean(event.service_tier),
        asked_tier=_clean(event.asked_tier or ""),
        **(decided(event.decision) if columns is None else columns),
        cached=event.cached,
    )


def _seconds(timings: Timings) -> Mapping[str, Any]:
    return {
        "total_seconds": timings.total,
        "first_token_seconds": timings.first_token,
        "overhead_seconds": timings.overhead,
        "decision_seconds": timings.decision,
        "answer_seconds": timings.answer,
    }


def shares(share: Loaded | None) -> Mapping[str, Any]:
    """The columns of fixed costs, by component."""
    if share is None:
        return _NO_SHARE
    return {
        "hosting_nanos": share.hosting,
        "depreciation_nanos": share.depreciation,
        "maintenance_nanos": share.maintenance,
    }


def _attempt(call: Attempt) -> AttemptRow:
    return AttemptRow(
        model=call.model,
        provider=call.provider,
        result=call.result,
        seconds=call.seconds,
        billed=call.billed,
        input_tokens=call.usage.input_total if call.usage else None,
        output_tokens=call.usage.output_total if call.usage else None,
        cost_nanos=call.cost,
    )


def _charges(event: UsageEvent) -> Iterator[ChargeRow]:
    """What stays in the books; what fell into a sliding window is out of it soon."""
    for charge in event.charges:
        if charge.counter.kind is Kind.WINDOW:
            yield ChargeRow(counter=counter_name(charge.counter), amount=charge.amount)


def encode(event: EventRow) -> bytes:
    """The row as it stands in the ledger; raises `OverflowError` for an amount that no request can have."""
    if any(amount is not None and abs(amount) > LARGEST for amount in _amounts(event)):
        raise OverflowError("an amount beyond what can be added up exactly")
    return _encoder.encode(event)


def decode(line: bytes) -> EventRow:
    """The row that `encode` wrote."""
    return _decoder.decode(line)


def _clean(text: str | None) -> str | None:
    """A caller may send half a character (a lone surrogate), which cannot be written as UTF-8."""
    if text is None or text.isascii():
        return text
    return text.encode("utf-8", "replace").decode()
