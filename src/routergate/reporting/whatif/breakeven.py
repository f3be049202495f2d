"""What if a model of one's own answered what is bought now?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard
from routergate.domain.money import usd
from routergate.domain.usage import KINDS
from routergate.economics.breakeven import Comparison, break_even, monthly_saving
from routergate.economics.fixed import charge
from routergate.economics.months import instant
from routergate.economics.sensitivity import cases
from routergate.reporting.costs import metered, of_card
from routergate.reporting.engine import fetched
from routergate.reporting.question import Question
from routergate.reporting.report import Chart, Column, Report, Series, Unit, Value, grouped, laid_out
from routergate.reporting.rows import asked, requests, summed
from routergate.reporting.whatif.change import MONTH

SECONDS = MONTH * 86_400
COLUMNS = (
    Column("requests", Unit.COUNT, "requests that were bought"),
    Column("month_requests", Unit.COUNT, "the same in 30 days"),
    Column("now_usd", Unit.USD, "what they cost in 30 days", missing="unknown"),
    Column(
        "own_usd", Unit.USD, "what the own model would cost for them, request by request", missing="unknown"
    ),
    Column("fixed_usd", Unit.USD, "their share of its fixed costs, by tokens"),
    Column("difference_usd", Unit.USD, "both less now", missing="unknown"),
    Column(
        "break_even", Unit.COUNT, "requests in 30 days from which on it pays, if these bore all fixed costs"
    ),
    Column("payback_months", Unit.NUMBER, "until what it cost at the beginning has paid"),
    Column("unknown", Unit.COUNT, "requests without a known cost: they are in no sum", detail=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A model of one's own, and what it costs whether it is asked or not."""

    card: ModelCard
    decline: Decimal
    """The share by which APIs get cheaper each month, for the second half of the sensitivity."""

    def fixed(self, question: Question) -> Decimal:
        """Dollars for 30 days of hosting and upkeep, from the end of the question on."""
        asset = self.card.asset
        if asset is None:
            return Decimal(0)
        at = instant(max(question.until, asset.begins or question.until))
        month = charge(asset, at, at + SECONDS * 10**9)
        return usd(month.hosting + month.maintenance)

    @property
    def upfront(self) -> Decimal:
        """Dollars: what it takes to have it."""
        training = self.card.asset.training if self.card.asset else None
        return training.cost - training.salvage if training else Decimal(0)

    def capacity(self, tokens_each: Decimal) -> Decimal | None:
        """Requests in 30 days that it can serve; `None`: nobody has said how fast it is."""
        hosting = self.card.asset.hosting if self.card.asset else None
        if hosting is None or hosting.tokens_per_second is None or not tokens_each:
            return None
        return hosting.tokens_per_second * SECONDS / tokens_each


def weighed(rows: Table, question: Question, it: Own) -> Report:
    """What is bought, by group, against the own model."""
    bought = asked(rows, question)
    bought = bought.filter(bought.model.notnull() & (bought.model != it.card.id))
    found = fetched(summed(bought, question.by, _sums(bought, it)))
    tokens = sum(one["tokens"] for one in found)
    groups = [_group(one, question, it, tokens) for one in found]
    groups.sort(key=lambda one: one["difference_usd"])
    whole = _whole(found, question, it, tokens)
    columns = (*grouped(question.by), *COLUMNS)
    return Report(
        title=f"If {it.card.id} answered what is bought",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, groups),
        total=laid_out(columns, [{**dict.fromkeys(question.by), **whole}])[0] if found else None,
        notes=tuple(_notes(found, question, it)),
        charts=_charts(found, question, it),
    )


def _sums(rows: Table, it: Own) -> dict[str, Any]:
    usage = metered(rows)
    own = of_card(usage, it.card) * rows.requests
    known = rows.cost_nanos.notnull() & own.notnull()
    tokens = (usage.total(KINDS) * rows.requests).cast("int64")
    return {
        "requests": requests(rows),
        "known": requests(rows, known),
        "now": known.ifelse(rows.cost_nanos, 0).sum().fill_null(0),
        "own": known.ifelse(own, 0).sum().fill_null(0),
        "tokens": known.ifelse(tokens, 0).sum().fill_null(0),
    }


def _group(one: Mapping[str, Any], question: Question, it: Own, tokens: int) -> dict[str, Any]:
    comparison = _comparison(one, question, it)
    month = Decimal(MONTH) / question.days
    share = Decimal(one["tokens"]) / tokens if tokens else Decimal(0)
    now, own = (round(one[name] * month) for name in ("now", "own"))
    fixed = round(it.fixed(question) * share * 10**9)
    served = Decimal(one["known"]) * month
    saving = monthly_saving(comparison, served)
    needed = break_even(comparison).requests
    return {
        **one,
        "month_requests": round(one["requests"] * month),
        "now_usd": now,
        "own_usd": own,
        "fixed_usd": fixed,
        "difference_usd": own + fixed - now,
        "break_even": None if needed is None else round(needed),
        "payback_months": it.upfront / saving if saving > 0 else None,
        "unknown": one["requests"] - one["known"],
    }


def _whole(found: Sequence[Mapping[str, Any]], question: Question, it: Own, tokens: int) -> dict[str, Value]:
    return _group(_together(found), question, it, tokens)


def _together(found: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(one[name] for one in found) for name in ("requests", "known", "now", "own", "tokens")}


def _comparison(one: Mapping[str, Any], question: Question, it: Own) -> Comparison:
    known = one["known"] or 1
    return Comparison(
        fixed_per_month=it.fixed(question),
        own_per_request=usd(one["own"]) / known,
        api_per_request=usd(one["now"]) / known,
        capacity=it.capacity(Decimal(one["tokens"]) / known),
        upfront=it.upfront,
    )


def _notes(found: Sequence[Mapping[str, Any]], question: Question, it: Own) -> Iterator[str]:
    if not found:
        return
    whole = _together(found)
    comparison = _comparison(whole, question, it)
    month = Decimal(whole["known"]) * MONTH / question.days
    yield (
        f"{it.card.id}: {comparison.fixed_per_month:,.2f} USD for 30 days of hosting and upkeep, "
        f"{it.upfront:,.2f} USD at the beginning; all of these requests are taken to be within its powers."
    )
    yield _said(comparison, month)
    for case in cases(comparison, month, it.decline):
        falling = f", APIs {case.decline:.1%} cheaper each month" if case.decline else ""
        payback = "never pays back" if case.payback is None else f"pays back in {case.payback:,.1f} months"
        yield (
            f"With {case.volume:g} times the requests{falling}: "
            f"{case.saving:,.2f} USD saved in the first month; {payback}."
        )


def _said(comparison: Comparison, month: Decimal) -> str:
    found = break_even(comparison)
    if found.requests is None:
        return f"There is no break-even: {found.why_not}."
    beyond, room = "", comparison.capacity
    if room is not None and room < month:
        beyond = f" There is room for {room:,.0f}; the others stay bought."
    return f"It breaks even at {found.requests:,.0f} requests in 30 days; there are {month:,.0f}.{beyond}"


def _charts(found: Sequence[Mapping[str, Any]], question: Question, it: Own) -> tuple[Chart, ...]:
    """Both ways, from no requests to twice as many."""
    if not found:
        return ()
    whole = _together(found)
    comparison = _comparison(whole, question, it)
    month = Decimal(whole["known"]) * MONTH / question.days
    volumes = [month * step / 5 for step in range(11)]
    api = [volume * comparison.api_per_request for volume in volumes]
    own = [bill - monthly_saving(comparison, volume) for bill, volume in zip(api, volumes, strict=True)]
    series = (
        Series(name="bought", values=tuple(map(float, api))),
        Series(name="own", values=tuple(map(float, own))),
    )
    labels = tuple(f"{volume:,.0f}" for volume in volumes)
    return (Chart(title="30 days, by requests", kind="lines", labels=labels, series=series),)
