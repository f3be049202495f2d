"""Where money could be saved: an own model, a cheaper model, a cache."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import NANOS_PER_USD
from routergate.domain.usage import INPUTS, KINDS, OUTPUTS
from routergate.reporting.costs import metered
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Chart, Column, Report, Series, Unit, laid_out
from routergate.reporting.rows import asked, requests
from routergate.reporting.whatif.change import DRAWN, MONTH
from routergate.reporting.whatif.choice import NO

Expression = Any
"""Of ibis, which has no types."""
Found = Mapping[str, Any]
COLUMNS = (
    Column("kind", Unit.TEXT, "what could be done: `own model`, `cheaper model`, `cache`"),
    Column("feature", Unit.TEXT, "whose requests they are"),
    Column("what", Unit.TEXT, "the task, or the model that answers them"),
    Column("month_requests", Unit.COUNT, "requests in 30 days"),
    Column("cost_usd", Unit.USD, "what they cost in 30 days"),
    Column("month_usd", Unit.USD, "what would be saved in 30 days"),
    Column("payback_months", Unit.NUMBER, "until what it takes at the beginning has paid"),
    Column("confidence", Unit.TEXT, "how much it rests on: `high`, `medium`, `low`"),
    Column("why", Unit.TEXT, "what it was found by"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a model of one's own is taken to cost, and what counts as worth a look. Dollars."""

    upfront: Decimal = Decimal(4_100)
    """Fine-tuning and the preparation of its data."""
    monthly: Decimal = Decimal(1_620)
    """Serving: one GPU at 2.25 USD an hour, for 30 days."""
    least: Decimal = Decimal(10)
    """Saved in 30 days; what is less is not shown."""
    requests: int = 10_000
    """In 30 days, that a model of one's own is worth thinking of."""
    spread: float = 0.2
    """Of complexity (standard deviation), at most, for traffic to be narrow."""
    weeks: float = 0.5
    """By which weeks may differ (standard deviation by mean), for traffic to be stable."""
    prompt: int = 1_024
    """Tokens from which on providers cache what begins alike."""


def opportunities(rows: Table, question: Question, models: Mapping[str, ModelCard], terms: Terms) -> Report:
    """All of them, dearest first. One request may be in several: they do not add up."""
    chosen = asked(rows, question)
    chosen = chosen.filter(chosen.model.notnull() & chosen.cost_nanos.notnull())
    looked = (partial(_own, terms=terms), _cheaper, partial(_cached, models=models, terms=terms))
    found = [one for look in looked for one in look(chosen, question)]
    worth = [one for one in found if one["month_usd"] >= terms.least * NANOS_PER_USD]
    worth.sort(key=lambda one: -one["month_usd"])
    return Report(
        title="Opportunities",
        since=question.since,
        until=question.until,
        columns=COLUMNS,
        rows=laid_out(COLUMNS, worth),
        notes=tuple(_notes(terms, question)),
        charts=_charts(worth),
        nothing=_nothing(chosen, terms),
    )


def _nothing(rows: Table, terms: Terms) -> str | None:
    """What is said if nothing is worth a line; nothing where there was no traffic either."""
    [found] = fetched(rows.agg(number=requests(rows)))
    looked = (
        f"Nothing that saves {terms.least:,.2f} USD in 30 days was found in {found['number']:,} requests."
    )
    return looked if found["number"] else None


def _own(rows: Table, question: Question, terms: Terms) -> Iterator[Found]:
    """Many requests of one feature and task, alike in complexity and length, week after week."""
    bought = rows.filter(rows["class"] != ModelClass.SELF_HOSTED.value)
    written = metered(bought).total(OUTPUTS).cast("float64")
    week = (bought.at // (7 * 86_400 * NANOS_PER_USD)).cast("int64")
    weekly = bought.group_by("feature", "task", week=week).agg(
        number=requests(bought),
        cost=bought.cost_nanos.sum(),
        complexity=bought.complexity.sum(),
        complexities=(bought.complexity * bought.complexity).sum(),
        written=written.sum(),
        writtens=(written * written).sum(),
        rows=bought.count(),
    )
    clusters = weekly.group_by("feature", "task").agg(
        number=weekly.number.sum(),
        cost=weekly.cost.sum(),
        weeks=weekly.count(),
        numbers=(weekly.number.cast("float64") * weekly.number).sum(),
        **{
            name: weekly[name].sum() for name in ("complexity", "complexities", "written", "writtens", "rows")
        },
    )
    for one in fetched(clusters):
        yield from _cluster(one, question, terms)


def _cluster(one: Found, question: Question, terms: Terms) -> Iterator[Found]:
    month = Decimal(MONTH) / question.days
    spread = _deviation(one["complexity"], one["complexities"], one["rows"])
    uneven = _relative(one["number"], one["numbers"], one["weeks"])
    lengths = _relative(one["written"], one["writtens"], one["rows"])
    saved = one["cost"] * month - terms.monthly * NANOS_PER_USD
    if one["number"] * month < terms.requests or spread > terms.spread or uneven > terms.weeks or saved <= 0:
        return
    sure = one["weeks"] >= 8 and lengths < 0.5
    yield {
        **_line("own model", one["feature"], one["task"], one, month),
        "month_usd": round(saved),
        "payback_months": terms.upfront * NANOS_PER_USD / saved,
        "confidence": "medium" if sure else "low",
        "why": f"complexity ± {spread:.2f}, lengths ± {lengths:.0%}, {one['weeks']} weeks ± {uneven:.0%}",
    }


def _cheaper(rows: Table, question: Question) -> Iterator[Found]:
    """Answered by one model where a cheaper one was expected to do as well."""
    known = rows.filter(rows.candidates.notnull() & (rows.arm.fill_null("") != "baseline"))
    winner = known.candidates.filter(lambda one: one.model == known.model)[0]
    as_good = known.candidates.filter(
        lambda one: (
            one.reason.isnull() & (one.quality >= winner.quality) & (one.cost_nanos < winner.cost_nanos)
        )
    )
    saving = winner.cost_nanos - as_good.map(lambda one: one.cost_nanos).mins()
    known = known.mutate(saving=saving * known.requests, doubt=winner.stderr)
    dear = known.filter((known.saving != 0).fill_null(NO))
    groups = dear.group_by("feature", "model").agg(
        number=requests(dear), cost=dear.cost_nanos.sum(), saved=dear.saving.sum(), doubt=dear.doubt.mean()
    )
    month = Decimal(MONTH) / question.days
    for one in fetched(groups):
        yield {
            **_line("cheaper model", one["feature"], one["model"], one, month),
            "month_usd": round(one["saved"] * month),
            "payback_months": None,
            "confidence": "medium" if (one["doubt"] or 0.0) <= 0.05 else "low",
            "why": "a cheaper candidate was expected to be as good",
        }


def _cached(
    rows: Table, question: Question, models: Mapping[str, ModelCard], terms: Terms
) -> Iterator[Found]:
    """Long prompts of nearly one length, that were hardly read from a cache."""
    usage = metered(rows)
    read = usage.total(INPUTS)
    rows = rows.mutate(read=read, cached=usage.tokens["cache_read"], tokens=usage.total(KINDS))
    sums = {"squares": (rows.read.cast("float64") * rows.read).sum(), "least": rows.read.quantile(0.05)}
    groups = rows.group_by("feature", "model").agg(
        number=requests(rows),
        rows=rows.count(),
        cost=rows.cost_nanos.sum(),
        read=rows.read.sum(),
        cached=rows.cached.sum(),
        **sums,
    )
    for one in fetched(groups):
        yield from _prefix(one, question, models.get(one["model"]), terms)


def _prefix(one: Found, question: Question, card: ModelCard | None, terms: Terms) -> Iterator[Found]:
    rates = card.rates(question.until) if card else None
    prefix, varies = one["least"], _relative(one["read"], one["squares"], one["rows"])
    if rates is None or rates.cache_read is None or prefix < terms.prompt or varies > 0.5:
        return
    month = Decimal(MONTH) / question.days
    share = one["cached"] / one["read"]
    repeated = max(round(prefix) * one["rows"] - one["cached"], 0)
    saved = repeated * (rates.input - rates.cache_read) * 1000 * (1 - rates.discount) * (1 + rates.markup)
    yield {
        **_line("cache", one["feature"], one["model"], one, month),
        "month_usd": round(saved * month),
        "payback_months": None,
        "confidence": "low",
        "why": f"95 % read {prefix:,.0f} tokens or more, ± {varies:.0%}; {share:.0%} from a cache",
    }


def _line(kind: str, feature: str | None, what: str | None, one: Found, month: Decimal) -> dict[str, Any]:
    return {
        "kind": kind,
        "feature": feature,
        "what": what,
        "month_requests": round(one["number"] * month),
        "cost_usd": round(one["cost"] * month),
    }


def _deviation(total: float, squares: float, number: int) -> float:
    mean = total / number
    return float(max(squares / number - mean**2, 0.0) ** 0.5)


def _relative(total: float, squares: float, number: int) -> float:
    """Standard deviation by mean; without a mean nothing is alike."""
    return _deviation(total, squares, number) / (total / number) if total else float("inf")


def _notes(terms: Terms, question: Question) -> Iterator[str]:
    yield (
        "Each is a place to look, not a promise; one request may be in several, so they do not add up. "
        f"Own model: {terms.upfront:,.0f} USD at the beginning and {terms.monthly:,.0f} USD for 30 days; see "
        "`whatif breakeven`."
    )
    yield (
        "Cheaper model: by what the router expected of each candidate; `report holdout` and outcomes of your "
        "own show whether that is so. Cache: prompts share no more than the shorter ones have; whether they "
        "begin alike is yours to know, since the ledger has no prompts."
    )
    if question.days < 14:
        yield f"{question.days} days are too few to see whether traffic is stable; take two weeks or more."


def _charts(worth: Sequence[Found]) -> tuple[Chart, ...]:
    if not worth:
        return ()
    top = worth[:DRAWN]
    labels = tuple(f"{one['kind']}: {one['feature'] or '-'} / {one['what'] or '-'}" for one in top)
    series = Series(name="saved in 30 days", values=tuple(one["month_usd"] / NANOS_PER_USD for one in top))
    return (Chart(title="Saved in 30 days", kind="bars", labels=labels, series=(series,)),)
