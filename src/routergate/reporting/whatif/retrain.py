"""What if a model of one's own were trained more often, or less?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import linear_regression
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard
from routergate.domain.money import usd
from routergate.economics.retraining import Ageing, best_cadence, lost, monthly_cost
from routergate.reporting.costs import metered, of_card
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Chart, Column, Report, Series, Unit, grouped, laid_out
from routergate.reporting.rows import asked, requests, summed
from routergate.reporting.whatif.change import MONTH
from routergate.reporting.whatif.choice import NO

COLUMNS = (
    Column("requests", Unit.COUNT, "requests that the model could have answered"),
    Column("kept", Unit.SHARE, "of these: it did"),
    Column("now_usd", Unit.USD, "what others cost more in 30 days, for what it loses as it ages"),
    Column("then_usd", Unit.USD, "the same at the other cadence"),
    Column("difference_usd", Unit.USD, "then less now"),
)
TRAININGS = "(trainings)"
"""The row that is no group."""
FEWEST_DAYS = 14
"""For a trend to be read from."""
SHOWN = 24
"""Months in the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """A model of one's own, and how often it is trained."""

    card: ModelCard
    now: int
    """Months from one training to the next."""
    then: int
    cost: Decimal
    """Dollars, each time."""
    decay: Decimal | None
    """The share of its traffic that it loses each month; `None`: measured."""


class TrendUnknown(ValueError):
    """Nobody can tell from these rows how fast a model ages."""


def retrained(rows: Table, question: Question, it: Cadence) -> Report:
    """What its ageing costs at both cadences, and the trainings; raises `TrendUnknown`."""
    could = asked(rows, question)
    could = could.filter(_able(could, str(it.card.id)))
    decay, basis = _decay(could, question, it)
    found = fetched(summed(could, question.by, _sums(could, it)))
    groups = [_group(one, question, it, decay) for one in found]
    groups.sort(key=lambda one: -abs(one["difference_usd"]))
    columns = (*grouped(question.by), *COLUMNS)
    everything = [*groups, _trainings(question, it)]
    total = {
        name: sum(one[name] or 0 for one in everything) for name in ("now_usd", "then_usd", "difference_usd")
    }
    whole = _group(_together(found), question, it, decay)
    return Report(
        title=f"If {it.card.id} were trained every {it.then} months, not {it.now}",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, everything),
        total=laid_out(columns, [{**dict.fromkeys(question.by), **whole, **total}])[0],
        notes=tuple(_notes(_ageing(_together(found), question, it, decay), it, basis)),
        charts=_charts(_ageing(_together(found), question, it, decay), it),
    )


def _able(rows: Table, model: str) -> Any:
    """Where it was a candidate, and chance did not decide."""
    there = rows.candidates.filter(lambda one: (one.model == model) & one.reason.isnull()).length() > 0
    return there.fill_null(NO) & rows.model.notnull() & (rows.arm.fill_null("") != "baseline")


def _sums(rows: Table, it: Cadence) -> dict[str, Any]:
    mine = rows.model == it.card.id
    own = of_card(metered(rows), it.card) * rows.requests
    dear = ~mine & rows.cost_nanos.notnull() & own.notnull()
    return {
        "requests": requests(rows),
        "mine": requests(rows, mine),
        "elsewhere": requests(rows, dear),
        "dearer": dear.ifelse(rows.cost_nanos - own, 0).sum().fill_null(0),
    }


def _decay(rows: Table, question: Question, it: Cadence) -> tuple[Decimal, str]:
    """As it is said, or by the trend of the share that the model kept, day by day."""
    if it.decay is not None:
        return it.decay, f"It loses {it.decay:.2%} of its traffic each month, as you said."
    daily = fetched(
        rows.group_by("date").agg(all=requests(rows), mine=requests(rows, rows.model == it.card.id))
    )
    points = sorted((one["date"].toordinal(), one["mine"] / one["all"]) for one in daily if one["all"] > 0)
    if len(points) < FEWEST_DAYS:
        raise TrendUnknown(
            f"{it.card.id} could answer on {len(points)} days from {question.since} to {question.until}; its "
            f"ageing takes {FEWEST_DAYS} to be measured. Choose a longer period, or say it with --decay."
        )
    slope = linear_regression([float(day) for day, _ in points], [share for _, share in points]).slope
    monthly = Decimal(repr(round(max(0.0, -slope * MONTH), 6)))
    grew = " (it kept more and more)" if slope > 0 else ""
    return (
        monthly,
        f"It loses {monthly:.2%} of its traffic each month, by the trend of {len(points)} days{grew}.",
    )


def _ageing(one: Mapping[str, Any], question: Question, it: Cadence, decay: Decimal) -> Ageing:
    every = one["requests"] or 1
    return Ageing(
        training=it.cost,
        requests=Decimal(one["requests"]) * MONTH / question.days,
        kept=Decimal(max(one["mine"], 0)) / every,
        decay=decay,
        dearer=usd(one["dearer"]) / (one["elsewhere"] or 1),
    )


def _group(one: Mapping[str, Any], question: Question, it: Cadence, decay: Decimal) -> dict[str, Any]:
    ageing = _ageing(one, question, it, decay)
    now, then = (
        round(lost(ageing, months) * ageing.requests * ageing.dearer * 10**9) for months in (it.now, it.then)
    )
    kept = float(ageing.kept) if one["requests"] else None
    return {**one, "kept": kept, "now_usd": now, "then_usd": then, "difference_usd": then - now}


def _trainings(question: Question, it: Cadence) -> dict[str, Any]:
    now, then = (round(it.cost / months * 10**9) for months in (it.now, it.then))
    named = {str(name): TRAININGS if place == 0 else None for place, name in enumerate(question.by)}
    amounts = {"now_usd": now, "then_usd": then, "difference_usd": then - now}
    return {**named, "requests": None, "kept": None, **amounts}


def _together(found: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(one[name] for one in found) for name in ("requests", "mine", "elsewhere", "dearer")}


def _notes(ageing: Ageing, it: Cadence, basis: str) -> Iterator[str]:
    yield basis
    yield (
        f"A training costs {it.cost:,.2f} USD and makes the model as good as it is here on average; between "
        "two, what it loses goes to the others at what they cost more for such requests here."
    )
    best = best_cadence(ageing)
    least = monthly_cost(ageing, best)
    yield f"Every {best} months would cost least: {least:,.2f} USD in 30 days, trainings included."


def _charts(ageing: Ageing, it: Cadence) -> tuple[Chart, ...]:
    months = range(1, SHOWN + 1)
    losses = tuple(float(lost(ageing, one) * ageing.requests * ageing.dearer) for one in months)
    series = (
        Series(name="trainings", values=tuple(float(it.cost / one) for one in months)),
        Series(name="what is lost", values=losses),
        Series(name="both", values=tuple(float(monthly_cost(ageing, one)) for one in months)),
    )
    return (
        Chart(
            title="30 days, by months between trainings",
            kind="lines",
            labels=tuple(map(str, months)),
            series=series,
        ),
    )
