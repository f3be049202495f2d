"""Totals and assets → what each model really cost, on two bases side by side; pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from routergate.domain.asset import FREE, Asset, Loaded
from routergate.domain.model import ModelCard, ModelClass
from routergate.domain.money import Nanos, usd
from routergate.domain.totals import Measures, Total
from routergate.economics.fixed import by_requests, charge, unamortised
from routergate.economics.hosting import Split, active_seconds, split
from routergate.economics.months import instant


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
    totals: Sequence[Total], cards: Mapping[str, ModelCard], since: date, until: date, now: int
) -> Portfolio:
    """From day `since` to day `until`, both included, as far as they have passed.

    `totals` go back to where `counted_since` says. A model that is not declared any more is there if it was
    used, without fixed costs.
    """
    end = max(min(instant(until + timedelta(days=1)), now), instant(since))
    names = {*cards, *(one.model for one in totals if one.model is not None and one.day >= since)}
    found = [
        _holding(name, cards.get(name), [one for one in totals if one.model == name], instant(since), end)
        for name in sorted(names)
    ]
    return Portfolio(holdings=tuple(sorted(found, key=lambda one: (-(one.allocated or 0), one.model))))


def _holding(name: str, card: ModelCard | None, totals: Sequence[Total], since: int, until: int) -> Holding:
    asset = card.asset if card else None
    within = [one for one in totals if instant(one.day) >= since]
    sums = sum((one.measures for one in within), Measures())
    before = sum(one.measures.requests for one in totals if instant(one.day) < since)
    served = before, before + sums.requests
    fixed = charge(asset, since, until, served) if asset else FREE
    classes = [one.model_class for one in within if one.model_class]
    return Holding(
        model=name,
        model_class=card.model_class.value if card else next(iter(classes), None),
        asset=asset is not None,
        measures=sums,
        fixed=fixed,
        use=_use(asset, fixed, sums, since, until) if asset else None,
        served=served[1] if asset and by_requests(asset) else None,
        hosted=asset is not None and asset.hosting is not None,
        book_start=unamortised(asset, since, served[0]) if asset else Nanos(0),
        book_end=unamortised(asset, until, served[1]) if asset else Nanos(0),
    )


def _use(asset: Asset, fixed: Loaded, sums: Measures, since: int, until: int) -> Split | None:
    if asset.hosting is None:
        return None
    seconds = active_seconds(since, until, asset.begins, asset.retired)
    return split(asset.hosting, fixed.hosting, _tokens(sums), seconds)


def _tokens(sums: Measures) -> int:
    read = sums.input_uncached + sums.cache_read + sums.cache_write + sums.cache_write_1h + sums.audio_input
    return read + sums.output + sums.reasoning + sums.audio_output


def plain(found: Portfolio) -> dict[str, Any]:
    """For JSON: dollars as decimal text, which no reader can round."""
    kept = found.kept
    return {
        "models": [dict(columns(one)) for one in found.holdings],
        "requests_kept_by_own_models": found.own,
        "requests_of_bought_models": found.bought,
        "share_kept": None if kept is None else f"{kept:.6f}",
    }


def columns(one: Holding) -> Iterator[tuple[str, Any]]:
    """One model, flat: for JSON and CSV alike."""
    fixed, borne, use = one.fixed, one.borne, one.use
    yield from (("model", one.model), ("class", one.model_class), ("requests", one.requests))
    yield from (
        ("tokens", _tokens(one.measures)),
        ("unpriced", one.measures.unpriced),
        ("served", one.served),
    )
    amounts: dict[str, int | None] = {
        "marginal_usd": one.marginal,
        "hosting_usd": fixed.hosting,
        "hosting_busy_usd": use.busy if use else None,
        "idle_usd": use.idle if use else None,
        "depreciation_usd": fixed.depreciation,
        "maintenance_usd": fixed.maintenance,
        "loaded_allocation_usd": one.allocated,
        "loaded_usage_usd": one.by_use,
        "borne_usd": borne.total,
        "not_accrued_usd": fixed.total - borne.total,
        "book_start_usd": one.book_start,
        "book_end_usd": one.book_end,
    }
    yield from ((name, None if nanos is None else f"{usd(nanos):f}") for name, nanos in amounts.items())
    yield "per_request_allocation_usd", _each(one.per_request(one.allocated))
    yield "per_request_usage_usd", _each(one.per_request(one.by_use))
    yield "utilisation", None if use is None else f"{float(use.utilisation):.6f}"


def _each(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.9f}"


def csv_rows(found: Portfolio) -> Iterable[Mapping[str, Any]]:
    """A row for each model; empty where unknown."""
    return [{name: "" if value is None else value for name, value in columns(one)} for one in found.holdings]
