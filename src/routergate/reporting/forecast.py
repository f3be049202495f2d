"""Where the month will end, with an interval, against its budgets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ibis import Table

from routergate.economics.months import following
from routergate.economics.series import LEAST_DAYS, outlook
from routergate.reporting.daily import Days, Group, added, daily
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import (
    Chart,
    Column,
    Report,
    Series,
    Unit,
    grouped,
    laid_out,
    not_summed,
)
from routergate.reporting.rows import asked, unpriced
from routergate.reporting.traffic import Cards, Traffic, traffic

LOOKED_FOR_MIX = 28
"""Days by whose tokens a price to come is weighed."""
BASIS = (
    "Each day to come: the mean of the last {days} days (56 at most), times the factor of its weekday. "
    "The interval (90 %) is of chance from day to day and how long that lasts; growth, holidays and launches "
    "are not in it."
)
_COLUMNS = (
    Column("so_far_usd", Unit.USD, "paid this month up to the last day of the period"),
    Column("expected_usd", Unit.USD, "the whole month, as expected"),
    Column("low_usd", Unit.USD, "in nine of ten months it is between this"),
    Column("high_usd", Unit.USD, "and this"),
    Column("price_changes_usd", Unit.USD, "how much of it is due to rate cards that begin in its rest"),
    Column("budget_usd", Unit.USD, "the tightest budget of the month"),
    Column("budget_share", Unit.SHARE, "what is expected of it"),
    Column("budget_will", Unit.TEXT, "hold, may be passed, will be passed"),
)

Budgets = Callable[[Group], int | None]
"""Nano-dollars a month for a group, where there is a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of the time to come."""

    cards: Cards = field(default_factory=dict)
    budget: Budgets = lambda _: None


def forecast(rows: Table, question: Question, known: Known) -> Report:
    """One row for each group and one for all, of the month of the period's last day."""
    by = tuple(one for one in question.by if one not in (Dimension.DAY, Dimension.MONTH))
    chosen = asked(rows, question)
    every = daily(chosen, by, question.since, question.until)
    to_come = _to_come(question.until)
    scales = _scales(chosen, by, question.until, known.cards) if every and to_come else {}
    lines = [
        _line(one, to_come, scales.get(one.group, {}), question.until, known.budget(one.group))
        for one in every
    ]
    columns = (*grouped(by), *_COLUMNS)
    whole = added(every) if every else None
    total = _line(whole, to_come, _mean(every, scales), question.until, known.budget(())) if whole else None
    names = [one.value for one in by]
    laid = [dict(zip(names, one.group, strict=True)) | line for one, line in zip(every, lines, strict=True)]
    return Report(
        title=f"Forecast for {question.until:%Y-%m}",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, laid if by else [total] if total else []),
        total=laid_out(columns, [dict.fromkeys(names) | total])[0] if by and total else None,
        notes=(*_notes(whole), *not_summed(unpriced(chosen))),
        charts=(_chart(whole),) if whole else (),
    )


def _to_come(last: date) -> list[date]:
    rest = (following(last.replace(day=1)) - last).days - 1
    return [last + timedelta(days=n + 1) for n in range(rest)]


def _line(
    days: Days, to_come: Sequence[date], scales: Mapping[date, float], last: date, budget: int | None
) -> dict[str, Any]:
    so_far = sum(days.costs[-last.day :])
    line = {"so_far_usd": so_far, "budget_usd": budget}
    found = outlook(days.costs, days.weekday, [scales.get(day, 1.0) for day in to_come])
    plain = outlook(days.costs, days.weekday, [1.0] * len(to_come))
    if found is None or plain is None:
        unknown = ("expected_usd", "low_usd", "high_usd", "price_changes_usd", "budget_share", "budget_will")
        return line | dict.fromkeys(unknown)
    expected, low, high = (so_far + round(amount) for amount in (found.expected, found.low, found.high))
    return line | {
        "expected_usd": expected,
        "low_usd": low,
        "high_usd": high,
        "price_changes_usd": round(found.expected - plain.expected),
        "budget_share": expected / budget if budget else None,
        "budget_will": _will(low, high, budget),
    }


def _will(low: int, high: int, budget: int | None) -> str | None:
    if budget is None:
        return None
    return "hold" if high <= budget else "may be passed" if low <= budget else "will be passed"


def _scales(rows: Table, by: Sequence[Dimension], last: date, cards: Cards) -> dict[Group, dict[date, float]]:
    """How many times its cost of today each group's traffic costs on the days on which that changes."""
    days = [day for day in _to_come(last) if any(_changes(card.prices, last, day) for card in cards.values())]
    if not days:
        return {}
    recent = rows.filter(rows.date > last - timedelta(days=LOOKED_FOR_MIX))
    groups: dict[Group, list[Traffic]] = {}
    for one in traffic(recent, by):
        groups.setdefault(one.group, []).append(one)
    return {group: {day: _scale(of, cards, last, day) for day in days} for group, of in groups.items()}


def _changes(prices: Sequence[Any], last: date, day: date) -> bool:
    return any(last < card.start <= day for card in prices)


def _scale(found: Sequence[Traffic], cards: Cards, last: date, day: date) -> float:
    """Of the models whose rates are known on both days; the others' stay as they are."""
    before, after = 0, 0
    for one in found:
        card = cards.get(one.model)
        now, then = (one.at(card.rates(on)) if card else None for on in (last, day))
        known = now is not None and then is not None
        before += now if known and now else one.cost
        after += then if known and then is not None else one.cost
    return after / before if before else 1.0


def _mean(every: Sequence[Days], scales: Mapping[Group, Mapping[date, float]]) -> dict[date, float]:
    """Of all groups, each as much as it costs."""
    days = {day for of in scales.values() for day in of}
    costs = {one.group: sum(one.costs[-LOOKED_FOR_MIX:]) for one in every}
    whole = sum(costs.values())
    if not whole:
        return {}
    return {
        day: sum(cost * scales.get(group, {}).get(day, 1.0) for group, cost in costs.items()) / whole
        for day in days
    }


def _notes(whole: Days | None) -> tuple[str, ...]:
    if whole is None:
        return ()
    days = len(whole.costs)
    if days < LEAST_DAYS:
        return (f"{days} days are too few for a forecast; it takes {LEAST_DAYS}.",)
    return (BASIS.format(days=min(days, 56)),)


def _chart(whole: Days) -> Chart:
    days = [whole.first + timedelta(days=n) for n in range(len(whole.costs))]
    paid = Series(name="paid", values=tuple(cost / 1e9 for cost in whole.costs))
    return Chart(title="Day by day", kind="lines", labels=tuple(map(str, days)), series=(paid,))
