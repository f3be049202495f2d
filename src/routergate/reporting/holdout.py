"""What routing is worth: the requests that chance sent to the baseline, against those that were routed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ibis import Table

from routergate.domain.decision import Arm
from routergate.domain.event import Outcome
from routergate.domain.money import usd
from routergate.economics.compare import Difference, Sample, difference, missing
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Chart, Column, Report, Series, Unit, Value, grouped, laid_out
from routergate.reporting.rows import asked, keys

Expression = Any
"""Of ibis, which has no types."""
COLUMNS = (
    Column("measure", Unit.TEXT, "what is compared"),
    Column("unit", Unit.TEXT, "of the values"),
    Column("routed_requests", Unit.COUNT, "requests that were routed, of which it is known"),
    Column("baseline_requests", Unit.COUNT, "requests on the baseline, of which it is known"),
    Column("routed", Unit.NUMBER, "mean of the routed requests"),
    Column("baseline", Unit.NUMBER, "mean of those on the baseline"),
    Column("difference", Unit.NUMBER, "routed less baseline"),
    Column("low", Unit.NUMBER, "the difference is at least this, with 95 % confidence"),
    Column("high", Unit.NUMBER, "and at most this"),
    Column("says", Unit.TEXT, "whether they differ, or how many more requests it takes to tell"),
)
THOUSAND = 1_000
"""Requests, whose cost is compared: one costs too little to be read."""
_LOST = [Outcome.FAILED.value, Outcome.CUT.value]


@dataclass(frozen=True, slots=True)
class Measure:
    """Something that requests of both arms have."""

    name: str
    unit: str


MEASURES = (
    Measure("cost", "USD for 1,000"),
    Measure("failed", "%"),
    Measure("refused", "%"),
    Measure("asked again", "%"),
    Measure("first token", "s"),
    Measure("whole answer", "s"),
)


@dataclass(frozen=True)
class Arms:
    """One measure of one group, in both arms."""

    routed: Sample
    baseline: Sample

    @cached_property
    def apart(self) -> Difference | None:
        """How much more the routed ones have."""
        return difference(self.routed, self.baseline)

    @property
    def says(self) -> str:
        """In words."""
        units = self.routed.units + self.baseline.units
        if self.apart is None:
            return "too few to tell: each arm needs two sessions or more"
        if self.apart.low == self.apart.high == 0:
            return "the same so far"
        if self.apart.told:
            return "less" if self.apart.mean < 0 else "more"
        more = missing(self.apart, units)
        needed = "" if more is None else f"; it takes {_requests(self, more):,} more requests"
        return f"too few to tell{needed}"


def compared_arms(rows: Table, question: Question) -> Report:
    """Both arms beside each other, measure by measure."""
    held = asked(rows, question)
    held = held.filter(held.arm.notnull() & (held.requests != 0))
    found = fetched(_sums(_units(held, question), question))
    groups = list(dict.fromkeys(tuple(one[name] for name in question.by) for one in found))
    pairs = {(group, one): _arms(found, question, group, one) for group in groups for one in MEASURES}
    columns = (*grouped(question.by), *COLUMNS)
    named = [
        {**_line(one, arms), **dict(zip(question.by, group, strict=True))}
        for (group, one), arms in pairs.items()
    ]
    return Report(
        title="Hold-out",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, named),
        notes=(*_savings(found), *_basis(pairs)),
        charts=_charts(groups, pairs),
    )


def _values(rows: Table) -> Mapping[str, Expression]:
    """What each request is measured by; null: nobody knows."""
    # More calls than one: the first failed, or its answer was rejected.
    again = rows.attempts.length() > 1
    return {
        "cost": rows.cost_nanos.cast("float64") * THOUSAND / 1e9,
        "failed": rows.outcome.isin(_LOST).cast("float64") * 100 * rows.requests,
        "refused": (rows.outcome == Outcome.REFUSED.value).cast("float64") * 100 * rows.requests,
        "asked again": again.cast("float64") * 100 * rows.requests,
        "first token": rows.first_token_seconds * rows.requests,
        "whole answer": (rows.outcome == Outcome.OK.value).ifelse(rows.total_seconds, None) * rows.requests,
    }


def _units(rows: Table, question: Question) -> Table:
    """What chance put into an arm as a whole: sessions, and requests that are in none."""
    values = _values(rows)
    sums: dict[str, Expression] = {"nanos": rows.cost_nanos.sum().fill_null(0)}
    for name, value in values.items():
        sums[f"{name} total"] = value.sum()
        sums[f"{name} size"] = value.notnull().ifelse(rows.requests, 0).sum().cast("int64")
    unit = rows.session.fill_null("").concat("\x1f", rows.session.isnull().ifelse(rows.id, ""))
    keyed = {**keys(rows, question.by), "arm": rows.arm, "place": rows.organisation, "unit": unit}
    return rows.group_by(**keyed).agg(**sums)


def _sums(units: Table, question: Question) -> Table:
    sums: dict[str, Expression] = {"nanos": units.nanos.sum()}
    for measure in MEASURES:
        total, size = units[f"{measure.name} total"].fill_null(0.0), units[f"{measure.name} size"]
        known = size > 0
        sums |= {
            f"{measure.name} units": known.ifelse(1, 0).sum(),
            f"{measure.name} requests": size.sum(),
            f"{measure.name} total": total.sum(),
            f"{measure.name} squares": (total * total).sum(),
            f"{measure.name} products": (total * size).sum(),
            f"{measure.name} sizes": (size * size).sum(),
        }
    return units.group_by([*(dimension.value for dimension in question.by), "arm"]).agg(**sums)


def _arms(
    found: Sequence[Mapping[str, Any]], question: Question, group: tuple[Any, ...], measure: Measure
) -> Arms:
    mine = {one["arm"]: one for one in found if tuple(one[name] for name in question.by) == group}
    return Arms(
        routed=_sample(mine.get(Arm.ROUTED.value), measure),
        baseline=_sample(mine.get(Arm.BASELINE.value), measure),
    )


def _sample(one: Mapping[str, Any] | None, measure: Measure) -> Sample:
    names = ("units", "requests", "total", "squares", "products", "sizes")
    return Sample(**{name: one[f"{measure.name} {name}"] if one else 0 for name in names})


def _line(measure: Measure, arms: Arms) -> dict[str, Value]:
    apart = arms.apart
    return {
        "measure": measure.name,
        "unit": measure.unit,
        "routed_requests": arms.routed.requests,
        "baseline_requests": arms.baseline.requests,
        "routed": arms.routed.mean,
        "baseline": arms.baseline.mean,
        "difference": apart.mean if apart else None,
        "low": apart.low if apart else None,
        "high": apart.high if apart else None,
        "says": arms.says,
    }


def _requests(arms: Arms, units: int) -> int:
    """As many as so many units have, where units are as they were."""
    requests = arms.routed.requests + arms.baseline.requests
    return round(units * requests / (arms.routed.units + arms.baseline.units))


def _savings(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What the routed requests would have cost more on the baseline, over all groups."""
    if not found:
        return
    whole = {arm: [one for one in found if one["arm"] == arm.value] for arm in Arm}
    arms = Arms(*(_together(whole[arm]) for arm in (Arm.ROUTED, Arm.BASELINE)))
    paid = {arm: usd(sum(one["nanos"] for one in whole[arm])) for arm in Arm}
    yield (
        f"Paid in all: {paid[Arm.ROUTED]:,.6f} USD for {arms.routed.requests:,} routed requests, "
        f"{paid[Arm.BASELINE]:,.6f} USD for {arms.baseline.requests:,} on the baseline."
    )
    if arms.apart is not None:
        apart, each = arms.apart, -arms.routed.requests / THOUSAND
        mean, low, high = (one * each for one in (apart.mean, apart.high, apart.low))
        yield f"Routing saved {mean:,.2f} USD ({low:,.2f} to {high:,.2f}, 95 %) on the routed requests."


def _together(found: Sequence[Mapping[str, Any]]) -> Sample:
    samples = [_sample(one, MEASURES[0]) for one in found]
    names = ("units", "requests", "total", "squares", "products", "sizes")
    return Sample(**{name: sum(getattr(one, name) for one in samples) for name in names})


def _basis(pairs: Mapping[Any, Arms]) -> Iterator[str]:
    if not pairs:
        yield "No request was in an arm: no route holds any out (`holdout`), or none did in this period."
        return
    yield (
        "Nobody has judged these answers: quality is compared by requests without an answer (failed, or cut "
        "short), refused ones, and those for which somebody had to be asked again."
    )
    yield (
        "Intervals are Welch's, over sessions and requests that are in none, as chance assigned them. "
        "Requests count in the arm that they fell into, whoever answered."
    )


def _charts(groups: Sequence[tuple[Any, ...]], pairs: Mapping[Any, Arms]) -> tuple[Chart, ...]:
    """Cost, with what each arm may be."""
    cost = [pairs[group, MEASURES[0]] for group in groups]
    if not cost:
        return ()
    labels = tuple(" / ".join(map(str, group)) or "all" for group in groups)
    series = (
        _series("routed", [one.routed for one in cost]),
        _series("baseline", [one.baseline for one in cost]),
    )
    return (Chart(title="Cost of 1,000 requests", kind="bars", labels=labels, series=series),)


def _series(name: str, samples: Sequence[Sample]) -> Series:
    reach = [2 * one.error if one.error is not None else None for one in samples]
    return Series(
        name=name,
        values=tuple(one.mean for one in samples),
        low=tuple(_off(one.mean, reach[place], -1) for place, one in enumerate(samples)),
        high=tuple(_off(one.mean, reach[place], 1) for place, one in enumerate(samples)),
    )


def _off(mean: float | None, reach: float | None, side: int) -> float | None:
    return None if mean is None or reach is None else mean + side * reach
