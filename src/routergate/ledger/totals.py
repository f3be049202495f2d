"""Rows → what they add to the totals, and the totals read back; pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache

import msgspec

from routergate.domain.event import Outcome, UsageSource
from routergate.domain.totals import MEASURES, Measures, Total
from routergate.ledger.record import EventRow

Day = str
"""ISO date, UTC."""
Increments = dict[tuple[Day, str], dict[str, int]]
"""By day and key id: field of the hash to what is added to it."""

NANOS_PER_DAY = 86_400 * 1_000_000_000
_MEASURES = frozenset(MEASURES)
_ESTIMATES = frozenset({UsageSource.COUNTED.value, UsageSource.RESERVED.value})
_FAILURES = frozenset({Outcome.FAILED.value, Outcome.REFUSED.value})


def increments(rows: Iterable[EventRow]) -> Increments:
    """What the rows add, together. Adding them in any portions comes to the same."""
    sums: Increments = {}
    for row in rows:
        fields = sums.setdefault((day_of(row), row.key), {})
        cell = _cell(row.team, row.customer, row.feature, row.route, row.model, row.provider, row.model_class)
        for measure, amount in measured(row):
            if amount:
                field = f"{cell}|{measure}"
                fields[field] = fields.get(field, 0) + amount
    return sums


def day_of(row: EventRow) -> Day:
    """The day on which the request arrived."""
    return _day(row.at // NANOS_PER_DAY)


def measured(row: EventRow) -> Iterator[tuple[str, int | None]]:
    """What one row counts for, by measure; nothing is counted for what is unknown or zero."""
    cost, baseline = row.cost_nanos, row.baseline_cost_nanos
    used = row.requests * (row.model is not None or row.output is not None)
    yield "requests", row.requests
    yield "failed", row.requests * (row.outcome in _FAILURES)
    yield "abandoned", row.requests * (row.outcome == Outcome.ABANDONED.value)
    yield "input_uncached", row.input_uncached
    yield "cache_read", row.cache_read
    yield "cache_write", row.cache_write
    yield "cache_write_1h", row.cache_write_1h
    yield "output", row.output
    yield "reasoning", row.reasoning
    yield "audio_input", row.audio_input
    yield "audio_output", row.audio_output
    yield "cost_nanos", cost
    yield "baseline_nanos", baseline
    if cost is not None and baseline is not None:
        yield "savings_nanos", baseline - cost
    else:
        yield "unpriced", used * (cost is None)
        yield "unbaselined", used * (baseline is None)
        yield "incomparable", used
    seconds = row.answer_seconds
    yield "answer_millis", None if seconds is None else row.requests * int(seconds * 1000)
    yield "timed", row.requests * (seconds is not None)
    yield "hosting_nanos", row.hosting_nanos
    yield "depreciation_nanos", row.depreciation_nanos
    yield "maintenance_nanos", row.maintenance_nanos
    yield "loaded_nanos", row.loaded_cost_nanos
    yield "loaded", row.requests * (row.loaded_cost_nanos is not None)
    yield "estimated", row.requests * (row.output is not None and row.usage_source in _ESTIMATES)


def read_totals(organisation: str, day: date, key: str, fields: Mapping[bytes, bytes]) -> Iterator[Total]:
    """The cells of one hash. A measure that a later version may have added is passed over."""
    cells: dict[str, dict[str, int]] = {}
    for field, amount in fields.items():
        cell, _, measure = field.decode().rpartition("|")
        if measure in _MEASURES:
            cells.setdefault(cell, {})[measure] = int(amount)
    for cell, sums in cells.items():
        team, customer, feature, route, model, provider, model_class = _read_cell(cell)
        yield Total(
            day=day,
            organisation=organisation,
            key=key,
            team=team,
            customer=customer,
            feature=feature,
            route=route or "",
            model=model,
            provider=provider,
            model_class=model_class,
            measures=Measures(**sums),
        )


def _read_cell(cell: str) -> list[str | None]:
    return msgspec.json.decode(cell, type=list[str | None])


@lru_cache(maxsize=4096)
def _cell(*parts: str | None) -> str:
    return msgspec.json.encode(parts).decode()


@lru_cache(maxsize=64)
def _day(number: int) -> Day:
    return datetime.fromtimestamp(number * 86_400, UTC).date().isoformat()
