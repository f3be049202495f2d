"""What was used and what it cost, grouped as asked: from totals or from the rows of the ledger, the same."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from routergate.domain.totals import MEASURES, Measures, Total
from routergate.domain.usage import INPUTS, OUTPUTS
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Column, Report, Unit, Value, grouped, not_summed

if TYPE_CHECKING:
    from ibis import Table

_NOT_TOTALLED = {Dimension.SESSION, Dimension.TASK, Dimension.LEVEL, Dimension.BASELINE, Dimension.OUTCOME}
TOTALLED = tuple(one for one in Dimension if one not in _NOT_TOTALLED)
"""What totals are kept by."""
_COUNTS = (
    Column("requests", Unit.COUNT, "requests"),
    Column("failed", Unit.COUNT, "of these: nobody answered, the answer broke off, or a provider refused it"),
    Column("abandoned", Unit.COUNT, "of these: the caller left before the end", detail=True),
    Column("input_tokens", Unit.COUNT, "tokens that were read, however they are billed"),
    Column("output_tokens", Unit.COUNT, "tokens that were written, seen or not"),
    Column("input_uncached", Unit.COUNT, "tokens that were read, not from a cache", detail=True),
    Column("cache_read", Unit.COUNT, "tokens that were read from a cache", detail=True),
    Column("cache_write", Unit.COUNT, "tokens that were written to a cache", detail=True),
    Column("cache_write_1h", Unit.COUNT, "tokens that were written to a cache for an hour", detail=True),
    Column("output", Unit.COUNT, "visible tokens that were written", detail=True),
    Column("reasoning", Unit.COUNT, "tokens that were thought", detail=True),
    Column("audio_input", Unit.COUNT, "tokens of audio that were heard", detail=True),
    Column("audio_output", Unit.COUNT, "tokens of audio that were spoken", detail=True),
    Column("unpriced", Unit.COUNT, "requests whose cost nobody knows: they are not in it", detail=True),
    Column("unbaselined", Unit.COUNT, "requests whose cost on the baseline nobody knows", detail=True),
    Column("incomparable", Unit.COUNT, "requests of which one of the two is unknown", detail=True),
    Column("estimated", Unit.COUNT, "requests whose tokens the gateway counted itself", detail=True),
    Column("loaded", Unit.COUNT, "requests whose loaded cost is known", detail=True),
)
_AMOUNTS = (
    Column("cost_usd", Unit.USD, "what was paid", missing="unpriced"),
    Column("baseline_usd", Unit.USD, "the same tokens at the baseline's rates", missing="unbaselined"),
    Column("savings_usd", Unit.USD, "baseline less cost, where both are known", missing="incomparable"),
    Column(
        "loaded_cost_usd", Unit.USD, "cost with the share of fixed costs, where both are known", detail=True
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One group and its sums. Nano-dollars; `None` where only unknown amounts were found."""

    group: tuple[str | None, ...]
    """One value for each dimension asked for."""
    measures: Measures

    @property
    def cost(self) -> int | None:
        """Of the requests whose price is known; `measures.unpriced` says how many are missing."""
        return _known(self.measures.cost_nanos, self.measures.unpriced)

    @property
    def baseline(self) -> int | None:
        """What the baseline would have cost, where there is one and its price is known."""
        return _known(self.measures.baseline_nanos, self.measures.unbaselined)

    @property
    def savings(self) -> int | None:
        """Baseline less cost, over the requests of which both are known."""
        return _known(self.measures.savings_nanos, self.measures.incomparable)

    @property
    def loaded(self) -> int | None:
        """Cost with the share of fixed costs, of the requests of which both are known."""
        return _known(self.measures.loaded_nanos, self.measures.requests - self.measures.loaded)


def usage_by(totals: Iterable[Total], by: Sequence[Dimension]) -> tuple[UsageRow, ...]:
    """One row for each group that occurs: by day where that is asked for, and the dearest first."""
    sums: dict[tuple[str | None, ...], Measures] = {}
    for total in totals:
        group = tuple(value_of(total, dimension) for dimension in by)
        sums[group] = sums.get(group, Measures()) + total.measures
    return ordered([UsageRow(group=group, measures=sums[group]) for group in sums], by)


def from_totals(totals: Sequence[Total], question: Question) -> Report:
    """What the totals of the question's days come to."""
    missing = Counter[str | None]()
    for one in totals:
        missing[one.model] += one.measures.unpriced
    return _report(usage_by(totals, question.by), question, missing)


def from_ledger(rows: "Table", question: Question) -> Report:
    """The same, summed up from rows."""
    from routergate.reporting.measures import measured  # noqa: PLC0415  totals need no engine
    from routergate.reporting.rows import asked, missing, unpriced  # noqa: PLC0415

    chosen = asked(rows, question)
    found = measured(chosen, question.by)
    groups = [_group(row, question.by) for row in found]
    gaps = missing(found) if Dimension.MODEL in question.by else unpriced(chosen)
    return _report(ordered(groups, question.by), question, gaps)


def _group(row: Mapping[str, Any], by: Sequence[Dimension]) -> UsageRow:
    return UsageRow(
        group=tuple(row[dimension.value] for dimension in by),
        measures=Measures(**{name: row[name] for name in MEASURES}),
    )


def _report(rows: Sequence[UsageRow], question: Question, missing: Mapping[str | None, int]) -> Report:
    overall = UsageRow(group=(), measures=sum((row.measures for row in rows), Measures()))
    return Report(
        title="Usage",
        since=question.since,
        until=question.until,
        columns=(*grouped(question.by), *_COUNTS, *_AMOUNTS),
        rows=tuple((*row.group, *_values(row)) for row in rows),
        total=(*(None for _ in question.by), *_values(overall)),
        notes=not_summed({model: number for model, number in missing.items() if number}),
    )


def _known(amount: int, missing: int) -> int | None:
    return None if missing and not amount else amount


def _values(row: UsageRow) -> tuple[Value, ...]:
    sums = row.measures
    counts = {
        **{name: getattr(sums, name) for name in MEASURES},
        "input_tokens": sum(getattr(sums, kind) for kind in INPUTS),
        "output_tokens": sum(getattr(sums, kind) for kind in OUTPUTS),
    }
    return *(counts[column.name] for column in _COUNTS), row.cost, row.baseline, row.savings, row.loaded


def ordered(rows: Sequence[UsageRow], by: Sequence[Dimension]) -> tuple[UsageRow, ...]:
    """By day where that is asked for, and the dearest first."""
    return tuple(sorted(rows, key=lambda row: _place(row, by)))


def value_of(total: Total, dimension: Dimension) -> str | None:
    """What a cell is about, of one dimension that totals are kept by."""
    match dimension:
        case Dimension.DAY:
            return total.day.isoformat()
        case Dimension.MONTH:
            return total.day.isoformat()[:7]
        case Dimension.CLASS:
            return total.model_class
        case _:
            value: str | None = getattr(total, dimension.value)
            return value


def _place(row: UsageRow, by: Sequence[Dimension]) -> tuple[Any, ...]:
    times = {Dimension.DAY, Dimension.MONTH}
    days = [value for value, dimension in zip(row.group, by, strict=True) if dimension in times]
    return *days, -row.measures.cost_nanos, [value or "" for value in row.group]
