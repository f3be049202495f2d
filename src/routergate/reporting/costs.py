"""What tokens cost, as an expression over columns: the same as `economics.price`, to the nano-dollar.

A cost is linear in tokens. So each rate becomes a whole number, of as small a part of a nano-dollar as all
rates of its card need, and what is added up is whole; it is rounded once, as there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from operator import add
from typing import Any

import ibis
from ibis import Table

from routergate.domain.model import ModelCard, RateCard
from routergate.domain.rates import Rates, Tariff
from routergate.domain.usage import INPUTS, KINDS, OUTPUTS
from routergate.economics.price import STANDARD

Expression = Any
"""Of ibis, which has no types."""
FEW = 10**8
"""Tokens of one kind; what more of them cost may not go into 64 bits, and then the engine says so."""
WHOLE = Decimal("1e-12")
"""Of a nano-dollar: as fine as an expected time is priced."""
_WIDE = "decimal(38, 0)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The columns that a price depends on."""

    tokens: Mapping[str, Expression]
    """By bucket, none below zero; null: nobody knows."""
    told: Expression
    """The service tier by the answer's own account."""
    asked: Expression
    seconds: Expression
    day: Expression

    def total(self, kinds: Sequence[str]) -> Expression:
        """The tokens of several buckets."""
        return reduce(add, [self.tokens[kind] for kind in kinds])


def metered(rows: Table) -> Metered:
    """As it was; what a row takes back is measured like what it takes back."""
    return Metered(
        tokens={kind: rows.output.isnull().ifelse(ibis.null("int64"), _there(rows[kind])) for kind in KINDS},
        told=rows.service_tier,
        asked=rows.asked_tier.nullif(""),
        seconds=rows.answer_seconds,
        day=rows.date,
    )


def expected(rows: Table, input_tokens: Expression, cached: Expression, output: Expression) -> Metered:
    """As the router expects a request to be, before it is sent."""
    nothing = ibis.literal(0, "int64")
    tokens = {**dict.fromkeys(KINDS, nothing), "input_uncached": input_tokens - cached}
    return Metered(
        tokens={**tokens, "cache_read": cached, "output": output},
        told=ibis.literal("").nullif(""),
        asked=rows.asked_tier.nullif(""),
        seconds=ibis.null("float64"),
        day=rows.date,
    )


def scaled(it: Metered, ratio: float) -> Metered:
    """The same texts, cut into more tokens or fewer."""
    return replace(it, tokens={kind: (one * ratio).round().cast("int64") for kind, one in it.tokens.items()})


def cost(it: Metered, model: Expression, cards: Mapping[str, ModelCard]) -> Expression:
    """Nano-dollars with the model that a column names; null where it, its rates or the tokens are unknown."""
    branches = [(model == name, of_card(it, card)) for name, card in cards.items()]
    return _first(branches)


def of_card(it: Metered, card: ModelCard) -> Expression:
    """With one model, at its rates of each row's day."""
    dated = [(it.day >= ibis.literal(rates.start), of_rates(it, rates)) for rates in reversed(card.prices)]
    return _first(dated)


def of_rates(it: Metered, card: RateCard) -> Expression:
    """At one rate card, whatever the day."""
    standard = _by_length(it, card, card)
    if not card.service_tiers:
        known = it.told.isnull() | it.told.isin(sorted(STANDARD))
        return _first([(known, standard)])
    tiers = {name: _by_length(it, tariff, card) for name, tariff in card.service_tiers.items()}
    asked = [(it.told.isnull() & (it.asked == name), amount) for name, amount in tiers.items()]
    told = [(it.told == name, amount) for name, amount in tiers.items()]
    usual = it.told.isnull() | it.told.isin(sorted(STANDARD))
    return _first([*asked, *told, (usual, standard)])


def _by_length(it: Metered, tariff: Tariff, card: RateCard) -> Expression:
    """By how much is read in all."""
    total = it.total(INPUTS)
    longest_first = [
        (total > tier.above_input_tokens, _linear(it, tier, card)) for tier in reversed(tariff.context_tiers)
    ]
    return _first([*longest_first, (ibis.literal(value=True), _linear(it, tariff, card))])


def _linear(it: Metered, rates: Rates, card: RateCard) -> Expression:
    """Whole parts of a nano-dollar, added up and rounded half to even."""
    factor = (1 - card.discount) * (1 + card.markup) * 10**9
    each = {kind: rate * factor / 10**6 for kind, rate in _rates(rates).items()}
    least, fee, second = (
        card.minimum * (1 + card.markup) * 10**9,
        card.per_request * factor,
        card.per_second * factor,
    )
    if card.per_second:
        return _timed(it, each, (least, fee, second), card, rates)
    return _unheard(it, rates, _rounded(it, each, least, fee))


def _timed(
    it: Metered,
    each: Mapping[str, Decimal],
    parts: tuple[Decimal, Decimal, Decimal],
    card: RateCard,
    rates: Rates,
) -> Expression:
    """With the seconds that it took, or else those that the card expects for its length."""
    least, fee, second = parts
    taken = _rounded(it, each, least, fee, second)
    if card.tokens_per_second is None:
        return _unheard(it, rates, it.seconds.isnull().ifelse(ibis.null("int64"), taken))
    pace = (second / card.tokens_per_second).quantize(WHOLE)
    longer = {kind: rate + (pace if kind in OUTPUTS else 0) for kind, rate in each.items()}
    return _unheard(it, rates, it.seconds.isnull().ifelse(_rounded(it, longer, least, fee), taken))


def _rounded(
    it: Metered, each: Mapping[str, Decimal], least: Decimal, fee: Decimal, second: Decimal = Decimal(0)
) -> Expression:
    parts = 10 ** max(0, *(_digits(one) for one in (*each.values(), least, fee, second)))
    fine = parts * 10**15 if second else parts
    wide = bool(second) or _most(each, fee, least) * fine >= 2**63
    number = _wide if wide else _narrow
    terms = [
        it.tokens[kind].cast(_WIDE if wide else "int64") * number(rate * fine)
        for kind, rate in each.items()
        if rate
    ]
    if second:
        terms.append(_seconds(it.seconds) * number(second * parts))
    whole = reduce(add, [*terms, number(fee * fine)]) if terms or fee else it.tokens["output"] * 0
    floor = ibis.greatest(whole, number(least * fine)) if least else whole
    known = it.tokens["output"].notnull()
    return known.ifelse(_half_to_even(floor, fine, number), ibis.null("int64"))


def _half_to_even(whole: Expression, parts: int, number: Any) -> Expression:
    """Whole nano-dollars. What is divided leaves no rest, so that a float has the quotient exactly."""
    if parts == 1:
        return whole.cast("int64")
    rest = whole % number(Decimal(parts))
    down = ((whole - rest).cast("float64") / float(parts)).round().cast("int64")
    twice = rest + rest
    up = (twice > number(Decimal(parts))) | ((twice == number(Decimal(parts))) & (down % 2 == 1))
    return down + up.cast("int64")


def _rates(rates: Rates) -> dict[str, Decimal]:
    """Of each bucket, those that fall back on another one filled in; audio without one is nothing here."""
    written = _or(rates.cache_write, rates.input)
    return {
        "input_uncached": rates.input,
        "cache_read": _or(rates.cache_read, rates.input),
        "cache_write": written,
        "cache_write_1h": _or(rates.cache_write_1h, written),
        "output": rates.output,
        "reasoning": _or(rates.reasoning, rates.output),
        "audio_input": _or(rates.audio_input, Decimal(0)),
        "audio_output": _or(rates.audio_output, Decimal(0)),
    }


def _unheard(it: Metered, rates: Rates, amount: Expression) -> Expression:
    """Unknown where there is audio, and no rate for it."""
    kinds = [kind for kind in ("audio_input", "audio_output") if getattr(rates, kind) is None]
    return (it.total(kinds) > 0).ifelse(ibis.null("int64"), amount) if kinds else amount


def _seconds(column: Expression) -> Expression:
    """As they are written, in millionths of a billionth, whole."""
    text = column.cast("string").cast("decimal(38, 15)")
    return (text * _wide(Decimal(10**15))).cast(_WIDE)


def _most(each: Mapping[str, Decimal], fee: Decimal, least: Decimal) -> Decimal:
    return max(sum(each.values(), Decimal(0)) * FEW + fee, least)


def _digits(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return -int(exponent)


def _narrow(number: Decimal) -> Expression:
    return ibis.literal(int(number), "int64")


def _wide(number: Decimal) -> Expression:
    return ibis.literal(int(number)).cast(_WIDE) if abs(number) < 2**63 else ibis.literal(number, _WIDE)


def _there(column: Expression) -> Expression:
    return column.fill_null(0).abs()


def _or(rate: Decimal | None, parent: Decimal) -> Decimal:
    return parent if rate is None else rate


def _first(branches: Sequence[tuple[Expression, Expression]]) -> Expression:
    """The value of the first condition that holds; null if none does."""
    return ibis.cases(*branches, else_=ibis.null("int64")) if branches else ibis.null("int64")


def on_day(it: Metered, day: date) -> Metered:
    """As if all of it had been asked for on one day."""
    return replace(it, day=ibis.literal(day))
