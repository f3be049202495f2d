"""What a change of prices does: dollars a month, and which models it makes cheaper than the one in use."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from ibis import Table

from routergate.domain.model import ModelCard
from routergate.reporting.question import Dimension, Question
from routergate.reporting.report import Column, Report, Unit, drawn, grouped, laid_out, not_summed
from routergate.reporting.rows import asked, unpriced
from routergate.reporting.traffic import Cards, Traffic, traffic

MONTH = 30
BASIS = (
    "The tokens of {days} days at the rate cards of {before} and of {after}, for a month of 30 days. "
    "Requests are priced as if each had a short input, the standard service tier and no minimum."
)
_COLUMNS = (
    Column("model", Unit.TEXT, "the one in use"),
    Column("requests", Unit.COUNT, "in the period"),
    Column("before_usd", Unit.USD, "a month at the former rates; unknown where no rate card was in force"),
    Column("after_usd", Unit.USD, "a month at the later rates"),
    Column("change_usd", Unit.USD, "the later less the former"),
    Column(
        "cheaper_now",
        Unit.TEXT,
        "models that can serve it and were not cheaper before: what they cost a month",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Two days, and the catalogue with its dated rate cards."""

    before: date
    after: date
    cards: Cards
    models: tuple[str, ...] = ()
    """The only ones whose change is looked at; none named: all."""

    def costs(self, one: Traffic, model: str) -> tuple[int | None, int | None]:
        """Of a traffic with a model, on the two days."""
        card = self.cards.get(model)
        if card is None:
            return None, None
        # What is not asked about stays as it is.
        after = self.after if not self.models or model in self.models else self.before
        return one.at(card.rates(self.before)), one.at(card.rates(after))


def impact(rows: Table, question: Question, change: Change) -> Report:
    """One row for each group and model that it touches, the largest change first."""
    by = tuple(one for one in question.by if one is not Dimension.MODEL)
    chosen = asked(rows, question)
    days = question.days
    names = [one.value for one in by]
    found = list(traffic(chosen, by))
    lines = sorted(_lines(found, names, change, days), key=lambda line: -abs(line["change_usd"] or 0))
    columns = (*grouped(by), *_COLUMNS)
    return Report(
        title=f"Change of prices from {change.before} to {change.after}",
        since=question.since,
        until=question.until,
        columns=columns,
        rows=laid_out(columns, lines),
        total=laid_out(columns, [_together(lines, names)])[0],
        notes=(
            BASIS.format(days=days, before=change.before, after=change.after),
            *_without_rates(found, change),
            *not_summed(unpriced(chosen)),
        ),
        charts=(drawn(lines, names[0], change="change_usd"),) if names else (),
    )


def _lines(found: Sequence[Traffic], names: list[str], change: Change, days: int) -> Iterator[dict[str, Any]]:
    for one in found:
        before, after = change.costs(one, one.model)
        cheaper = list(_cheaper(one, before, after, change))
        if before == after and not cheaper:
            continue
        yield {
            **dict(zip(names, one.group, strict=True)),
            "model": one.model,
            "requests": one.requests,
            "before_usd": _monthly(before, days),
            "after_usd": _monthly(after, days),
            "change_usd": None if before is None or after is None else _monthly(after - before, days),
            "cheaper_now": ", ".join(f"{name} {_monthly(cost, days) / 1e9:,.2f}" for name, cost in cheaper)
            or None,
        }


def _cheaper(
    one: Traffic, before: int | None, after: int | None, change: Change
) -> Iterator[tuple[str, int]]:
    """By what they cost; whether they are good enough is for routing to say."""
    used = change.cards.get(one.model)
    if used is None or after is None:
        return
    others = [card for card in change.cards.values() if card.id != used.id and _can(card, used)]
    costs = {card.id: change.costs(one, card.id) for card in others}
    for name, (then, now) in sorted(costs.items(), key=lambda item: item[1][1] or 0):
        was_dearer = then is None or before is None or then >= before
        if now is not None and now < after and was_dearer:
            yield name, now


def _can(card: ModelCard, used: ModelCard) -> bool:
    """Whether a model does all that the one in use does."""
    return (
        used.capabilities <= card.capabilities
        and card.context_tokens >= used.context_tokens
        and (not card.serves or card.serves >= used.serves)
    )


def _monthly(amount: int | None, days: int) -> Any:
    return None if amount is None else round(Fraction(amount * MONTH, days))


def _together(lines: Sequence[Mapping[str, Any]], names: list[str]) -> dict[str, Any]:
    amounts = ("before_usd", "after_usd", "change_usd")
    sums = {name: sum(line[name] or 0 for line in lines) for name in amounts}
    requests = sum(line["requests"] for line in lines)
    return {**dict.fromkeys(names), "model": None, "cheaper_now": None, "requests": requests, **sums}


def _without_rates(found: Sequence[Traffic], change: Change) -> tuple[str, ...]:
    missing: dict[str | None, int] = {}
    for one in found:
        if None in change.costs(one, one.model):
            missing[one.model] = missing.get(one.model, 0) + one.requests
    return not_summed(missing, "rate card on both days")
