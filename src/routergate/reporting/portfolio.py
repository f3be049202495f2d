"""Totals and assets → what each model really cost, on two bases side by side; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

from routergate.domain.asset import FREE, Asset, Loaded
from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import Nanos, usd
from routergate.domain.totals import Measures, Total
from routergate.economics.fixed import busy_in, by_requests, charge, hosted, unamortised
from routergate.economics.hosting import Split, active_seconds, measured_split, split
from routergate.economics.months import instant
from routergate.economics.value import quality_per_dollar
from routergate.reporting.report import Column, Report, Unit, Value, not_summed


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """One model over a period. Nano-dollars; `None` is unknown."""

    model: str
    model_class: str | None
    asset: bool
    """Whether it has fixed costs."""
    measures: Measures
    fixed: Loaded
    """What the period truly cost, whoever has borne it."""
    use: Split | None
    """The hosting bill apart, where it is known how much the hosting can do."""
    served: int | None
    """Requests since it went into service, where what is written off goes by them."""
    hosted: bool
    book_start: Nanos
    book_end: Nanos
    quality: float | None
    """Probability of an acceptable answer, as the operator knows it."""

    @property
    def requests(self) -> int:
        """That it answered."""
        return self.measures.requests

    @property
    def marginal(self) -> Nanos | None:
        """What was paid for requests; unknown if a single one's price is."""
        return None if self.measures.unpriced else Nanos(self.measures.cost_nanos)

    @property
    def allocated(self) -> Nanos | None:
        """Allocation basis: with the whole hosting bill, idle time included."""
        return None if self.marginal is None else Nanos(self.marginal + self.fixed.total)

    @property
    def by_use(self) -> Nanos | None:
        """Usage basis: with the busy share of the hosting bill only."""
        if self.allocated is None or (self.hosted and self.use is None):
            return None
        return Nanos(self.allocated - (self.use.idle if self.use else 0))

    @property
    def borne(self) -> Loaded:
        """What the ledger has of the fixed costs: shares of requests, and accruals."""
        sums = self.measures
        return Loaded(
            hosting=Nanos(sums.hosting_nanos),
            depreciation=Nanos(sums.depreciation_nanos),
            maintenance=Nanos(sums.maintenance_nanos),
        )

    def per_request(self, amount: int | None) -> Decimal | None:
        """Dollars, exact to the nano-dollar's billionth; `None` where unknown, or nothing was asked."""
        return usd(amount) / self.requests if amount is not None and self.requests else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """All models over a period."""

    holdings: tuple[Holding, ...]

    @property
    def own(self) -> int:
        """Requests that own models kept."""
        return self._requests(own=True)

    @property
    def bought(self) -> int:
        """Requests that went on to models that are bought."""
        return self._requests(own=False)

    @property
    def kept(self) -> Decimal | None:
        """The share of requests that own models kept, 0 to 1; `None` without requests."""
        every = self.own + self.bought
        return Decimal(self.own) / every if every else None

    def _requests(self, *, own: bool) -> int:
        return sum(
            one.requests for one in self.holdings if (one.model_class == ModelClass.SELF_HOSTED) is own
        )


def portfolio(
    totals: Sequence[Total],
    cards: Mapping[str, ModelCard],
    since: date,
    until: date,
    now: int,
    bills: Mapping[str, Nanos] = MappingProxyType({}),
) -> Portfolio:
    """From day `since` to day `until`, both included, as far as they have passed.

    `totals` go back to where `counted_since` says; `bills` are what others say of the hosting of models, for
    this time (`term`). A model that is not declared any more is there if it was
    used, without fixed costs.
    """
    begin, end = term(since, until, now)
    names = {*cards, *(one.model for one in totals if one.model is not None and one.day >= since)}
    found = [
        _holding(name, cards.get(name), [one for one in totals if one.model == name], begin, end, bills)
        for name in sorted(names)
    ]
    return Portfolio(holdings=tuple(sorted(found, key=lambda one: (-(one.allocated or 0), one.model))))


def term(since: date, until: date, now: int) -> tuple[int, int]:
    """The instants between which days lie, as far as they have passed."""
    return instant(since), max(min(instant(until + timedelta(days=1)), now), instant(since))


def _holding(
    name: str,
    card: ModelCard | None,
    totals: Sequence[Total],
    since: int,
    until: int,
    bills: Mapping[str, Nanos],
) -> Holding:
    asset = card.asset if card else None
    within = [one for one in totals if instant(one.day) >= since]
    sums = sum((one.measures for one in within), Measures())
    before = sum(one.measures.requests for one in totals if instant(one.day) < since)
    served = before, before + sums.requests
    busy = busy_in(name, asset, sums) if asset else None
    bill = hosted(name, asset, since, until, busy, bills) if asset else None
    fixed = charge(asset, since, until, served, bill) if asset else FREE
    classes = [one.model_class for one in within if one.model_class]
    return Holding(
        model=name,
        model_class=card.model_class.value if card else next(iter(classes), None),
        asset=asset is not None,
        measures=sums,
        fixed=fixed,
        use=_use(asset, fixed, sums, (since, until), busy) if asset else None,
        served=served[1] if asset and by_requests(asset) else None,
        hosted=asset is not None and asset.hosting is not None,
        book_start=unamortised(asset, since, served[0]) if asset else Nanos(0),
        book_end=unamortised(asset, until, served[1]) if asset else Nanos(0),
        quality=card.quality.get("default") if card else None,
    )


def _use(
    asset: Asset, fixed: Loaded, sums: Measures, days: tuple[int, int], busy: Fraction | None
) -> Split | None:
    if asset.hosting is None:
        return None
    seconds = active_seconds(*days, asset.begins, asset.retired)
    if busy is not None:
        return measured_split(fixed.hosting, busy, seconds)
    return split(asset.hosting, fixed.hosting, _tokens(sums), seconds)


def _tokens(sums: Measures) -> int:
    read = sums.input_uncached + sums.cache_read + sums.cache_write + sums.cache_write_1h + sums.audio_input
    return read + sums.output + sums.reasoning + sums.audio_output


def reported(found: Portfolio, since: date, until: date) -> Report:
    """One row for each model, the dearest first."""
    kept = "-" if found.kept is None else f"{found.kept:.1%}"
    told = f"Own models kept {found.own:,} requests ({kept}); {found.bought:,} went to bought models."
    missing: dict[str | None, int] = {
        one.model: one.measures.unpriced for one in found.holdings if one.measures.unpriced
    }
    return Report(
        title="Portfolio",
        since=since,
        until=until,
        columns=COLUMNS,
        rows=tuple(map(_row, found.holdings)),
        notes=(told, *not_summed(missing)),
    )


COLUMNS = (
    Column("model", Unit.TEXT, "the catalogue's name for it"),
    Column("class", Unit.TEXT, "the way of buying"),
    Column("requests", Unit.COUNT, "that it answered"),
    Column("tokens", Unit.COUNT, "read and written", detail=True),
    Column("unpriced", Unit.COUNT, "requests whose cost nobody knows", detail=True),
    Column("served", Unit.COUNT, "requests since its training went into service", detail=True),
    Column("marginal_usd", Unit.USD, "what was paid for requests", missing="unpriced"),
    Column("hosting_usd", Unit.USD, "what hosting truly cost"),
    Column("hosting_busy_usd", Unit.USD, "the part of it that the work took", detail=True),
    Column("idle_usd", Unit.USD, "the part of it that was paid for nothing"),
    Column("depreciation_usd", Unit.USD, "what was written off of the training"),
    Column("maintenance_usd", Unit.USD, "what kept it good"),
    Column("loaded_allocation_usd", Unit.USD, "all of it, idle time included", detail=True),
    Column("loaded_usage_usd", Unit.USD, "all of it without what was idle", detail=True),
    Column("borne_usd", Unit.USD, "what the ledger has of the fixed costs", detail=True),
    Column("not_accrued_usd", Unit.USD, "what it has not yet", detail=True),
    Column("per_request_allocation_usd", Unit.EACH, "for one request, idle time included"),
    Column("per_request_usage_usd", Unit.EACH, "for one request, busy time only"),
    Column("per_million_usd", Unit.EACH, "for a million tokens, idle time included", detail=True),
    Column("quality", Unit.NUMBER, "points of 100, as declared in the catalogue", detail=True),
    Column("quality_per_dollar", Unit.NUMBER, "points for each dollar that a million tokens cost"),
    Column("utilisation", Unit.SHARE, "how busy the hosting was"),
    Column("book_start_usd", Unit.USD, "what of the training was not written off at first"),
    Column("book_end_usd", Unit.USD, "and in the end"),
)


def _row(one: Holding) -> tuple[Value, ...]:
    fixed, borne, use = one.fixed, one.borne, one.use
    tokens = _tokens(one.measures)
    per_million = usd(one.allocated) * 1_000_000 / tokens if one.allocated is not None and tokens else None
    points = None if one.quality is None else Decimal(repr(100 * one.quality))
    worth = None if points is None or per_million is None else quality_per_dollar(points, per_million)
    return (
        one.model, one.model_class, one.requests, tokens, one.measures.unpriced, one.served, one.marginal,
        fixed.hosting, use.busy if use else None, use.idle if use else None, fixed.depreciation,
        fixed.maintenance, one.allocated, one.by_use, borne.total, fixed.total - borne.total,
        one.per_request(one.allocated), one.per_request(one.by_use), per_million, points, worth,
        float(use.utilisation) if use else None, one.book_start, one.book_end,
    )  # fmt: skip
