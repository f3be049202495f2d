"""Whether the rows of a ledger and the calls that a provider counted are about the same requests."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from routergate.ledger.record import EventRow
from routergate.testing import Call

_NAME = re.compile(r"Question (\d+):")
UNREAD = frozenset({"timeout", "abandoned", "dropped", "unreachable"})
"""Results of calls that a provider need not have read."""
Calls = Mapping[str, Sequence[Call]]


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """How far they agree, and what does not fit."""

    rows: int
    calls: int
    attempts: int
    """In the rows."""
    unseen: int
    """Attempts that ended before the provider, who was busy, had read them."""
    compared: int
    """Whole answers whose tokens the provider told."""
    tokens: int
    """Of these, by the ledger."""
    provider_tokens: int
    """Of these, by the provider's own count."""
    problems: Sequence[str]


def agreement(rows: Sequence[EventRow], calls: Sequence[Call]) -> Agreement:
    """Compare, when nothing runs any more; requests are told apart by the number in `Question 1:`."""
    by_name, rows = _by_name(calls), standing(rows)
    whole = [(row, by_name[_name(row)][-1]) for row in rows if _compared(row, by_name)]
    return Agreement(
        rows=len(rows),
        calls=len(calls),
        attempts=sum(len(row.attempts) for row in rows),
        unseen=sum(len(row.attempts) - len(by_name.get(_name(row), ())) for row in rows),
        compared=len(whole),
        tokens=sum(sum(_used(row)) for row, _ in whole),
        provider_tokens=sum(sum(_told(call)) for _, call in whole),
        problems=[*_odd(rows, by_name), *_called(rows, by_name), *_differing(whole)],
    )


def standing(rows: Sequence[EventRow]) -> list[EventRow]:
    """What holds: in place of a row that was corrected, its correction."""
    corrected = {_name(row) for row in rows if row.kind == "correction"}
    return [
        row
        for row in rows
        if row.kind == "correction" or (row.kind == "event" and _name(row) not in corrected)
    ]


def name_of(call: Call) -> str:
    """The session of the request that a call was made for."""
    found = _NAME.search(json.dumps(call.body))
    return f"q{found[1]}" if found else ""


def _by_name(calls: Sequence[Call]) -> Calls:
    found: dict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[name_of(call)].append(call)
    return found


def _name(row: EventRow) -> str:
    return row.session or ""


def _compared(row: EventRow, calls: Calls) -> bool:
    return row.outcome == "ok" and row.usage_source == "provider" and _name(row) in calls


def _odd(rows: Sequence[EventRow], calls: Calls) -> Iterator[str]:
    times = Counter(map(_name, rows))
    yield from (f"{name} has {count} rows" for name, count in times.items() if count > 1)
    yield from (f"{name} was called and has no row" for name in calls.keys() - times.keys())


def _called(rows: Sequence[EventRow], calls: Calls) -> Iterator[str]:
    """Rows that name fewer calls than the provider has seen, or more than those that it may not have read."""
    for row in rows:
        seen, results = len(calls.get(_name(row), ())), [attempt.result for attempt in row.attempts]
        if not sum(result not in UNREAD for result in results) <= seen <= len(results):
            yield f"{row.session} ({row.route}, {row.outcome}): {results} in its row, {seen} calls seen"


def _differing(whole: Sequence[tuple[EventRow, Call]]) -> Iterator[str]:
    for row, call in whole:
        if _used(row) != _told(call):
            yield f"{row.session}: {_told(call)} tokens by the provider, {_used(row)} in its row"


def _used(row: EventRow) -> tuple[int, int]:
    read = (row.input_uncached, row.cache_read, row.cache_write, row.cache_write_1h)
    return sum(one or 0 for one in read), (row.output or 0) + (row.reasoning or 0)


def _told(call: Call) -> tuple[int, int]:
    return call.prompt_tokens, call.output_tokens
